# What a program with Mail::IMAPClient does to a mailbox; prints what it saw, a line for each thing.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use IO::Socket::SSL;
use Mail::IMAPClient;

my ($port, $user, $password, $ca) = @ARGV;
my $client = Mail::IMAPClient->new(
    Server => 'localhost', Port => $port, User => $user, Password => $password, Uid => 1, Peek => 1,
    Ssl => [ SSL_ca_file => $ca, SSL_verify_mode => SSL_VERIFY_PEER, SSL_verifycn_name => 'localhost',
             SSL_verifycn_scheme => 'imap' ],
) or die "connect: $@";

sub must { my ($what, $result) = @_; die "$what: " . ($client->LastError // '') unless defined $result; $result }

print 'folders ', join(' ', sort @{ must('folders', scalar $client->folders) }), "\n";
must('create', $client->create('Perl'));
must('select', $client->select('INBOX'));
my @found = @{ must('search', scalar $client->search('SUBJECT', 'No. 1')) };
print "found @found\n";
print 'subject ', $client->subject($found[0]), "\n";
print 'digest ', sha256_hex($client->message_string($found[0])), "\n";
must('structure', $client->get_bodystructure($found[0]));
must('envelope', $client->get_envelope($found[0]));
must('flag', $client->set_flag('Flagged', $found[0]));
die 'not flagged' unless grep { $_ eq '\\Flagged' } $client->flags($found[0]);
must('parse', scalar $client->parse_headers([$client->messages], 'Subject', 'Message-ID'));
must('copy', $client->copy('Archive', $found[0]));
must('move', $client->move('Perl', 3));
must('expunge', $client->expunge);
print 'appended ', must('append', $client->append_string('INBOX',
    "From: a\@b.example\r\nSubject: By Perl\r\n\r\nAppended.\r\n", '\\Seen')), "\n";
my $idle = must('idle', $client->idle);
must('done', $client->done($idle));
must('delete', $client->delete_message(1));
must('expunge', $client->expunge);
must('status', scalar $client->status('Perl', 'MESSAGES'));
must('rename', $client->rename('Perl', 'Perlen'));
must('rename', $client->rename('Perlen', 'Perl'));
must('close', $client->close);
must('logout', $client->logout);
