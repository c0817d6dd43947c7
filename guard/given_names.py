"""Given names of people in many countries, as text after `guard.folding.plain`.

What stands here is likely a person wherever it is written with a capital letter. Names that are words
of their own in a large language (Mark, Will, Rose, Max) stand here only where a capital tells enough.
"""

import re
from typing import Final

from guard.lexicon import words

GIVEN: Final = words(
    """
    Aaron Abdul Abdullah Abigail Ada Adam Adele Adnan Adrian Agata Agnes Agnieszka Ahmad Ahmed Aida Aiko Aisha Akira Alain Alan Alba Albert Alberto Aldo Alejandra Alejandro
    Aleksander Aleksandra Alessandra Alessandro Alex Alexander Alexandra Alexandre Alexis Alfred Alfredo Ali Alice Alicia Alicja Alina Alison Allison Alma Alva Alvaro Amanda Amara Amelia
    Amelie Amina Amir Amit Amy Ana Anais Anders Andre Andrea Andreas Andrei Andrej Andres Andrew Andrzej Andy Anette Angela Angelo Angus Anja Anita Anke Ann Anna Annabel Anne Annette
    Annika Anouk Anthony Antoine Anton Antonella Antoni Antonia Antonio Antti Anya Arash Ariane Arjun Arnaud Arne Arnold Arthur Artur Asha Asif Astrid Audrey Aurelie Axel Ayesha Ayse
    Barbara Bart Bartosz Basia Bastian Beata Beate Beatrice Beatriz Ben Benedikt Benjamin Benoit Bernadette Bernard Bernd Bernhard Beth Bettina Bianca Bjorn Bob Bogdan Boris Brenda Brian
    Bridget Britta Bruno Burak Callum Camila Camilla Camille Can Carina Carla Carlo Carlos Carmen Carol Carolina Caroline Carsten Catarina Caterina Catherine Cathy Cecile Cecilia Celia
    Celine Chantal Charles Charlotte Chiara Chloe Chris Christa Christian Christiane Christina Christine Christoph Christophe Christopher Claire Clara Claude Claudia Claudio Clemens Cloe
    Colette Colin Connor Constance Cora Cordula Corinne Cristian Cristina Cynthia Cyril Dagmar Damian Damien Dan Dana Daniel Daniela Daniele Danielle Danuta Dario Dave David Davide Dean
    Deborah Debora Deepak Denis Dennis Derek Detlef Diana Diane Didier Diego Dieter Dimitri Dina Dirk Dmitri Dolores Dominic Dominik Dominique Donald Donna Dora Dorota Dorothea Dorothy
    Duarte Duc Duncan Dylan Edgar Edith Eduard Eduardo Edward Edwin Eileen Ekaterina Elaine Elena Eleonora Elif Elisa Elisabeth Elizabeth Elke Ella Ellen Elodie Elsa Elvira Emil Emilia Emilie
    Emily Emma Emmanuel Emmanuelle Emre Enrico Enrique Enzo Eric Erica Erich Erik Erika Erin Ernst Esra Esteban Estelle Esther Ethan Eugene Eugenia Eva Eve Evelyn Ewa Fabian Fabien Fabio
    Fabrice Farah Farid Farida Fatima Fatma Federica Federico Felicity Felipe Felix Femke Ferdinand Fernanda Fernando Filip Filippo Finn Fiona Flavia Flavio Florence Florian Frances
    Francesca Francesco Francis Francisca Francisco Franck Francois Francoise Frank Franz Franziska Fred Frederic Frederik Fredrik Frida Friedrich Gabor Gabriel Gabriela Gabriele Gabriella
    Gareth Gary Gaston Gemma Geoffrey Georg George Georges Georgina Gerald Gerard Gerd Gerhard Gianluca Gianni Gilles Gillian Gina Giorgio Giorgia Giovanna Giovanni Gisela Giulia Giulio Giuseppe
    Gloria Gonzalo Gordon Goran Graham Grazyna Greg Gregor Gregory Greta Grzegorz Guido Guillaume Guillermo Gul Gunnar Gunter Gustav Gustavo Hakan Halina Hana Hanna Hannah Hannes Hans Harald
    Harriet Harry Hartmut Hasan Hassan Hector Heidi Heike Heiko Heinrich Heinz Helen Helena Helene Helga Helmut Hendrik Henri Henrik Henry Herbert Hermann Hilary Hilda Holger Horst Howard Hugh
    Hugo Hussein Ian Ibrahim Ida Ignacio Igor Ilona Ilse Imran Ines Inge Ingrid Irene Irina Iris Irma Isa Isabel Isabella Isabelle Isla Ismail Istvan Ivan Ivana Ivo Iwona Jack Jacek Jackie Jacob
    Jacqueline Jacques Jaime Jakob Jakub James Jamie Jan Jana Jane Janet Janina Janusz Jari Jasmin Jason Javier Jean Jeanne Jeff Jeffrey Jelena Jenni Jennifer Jenny Jens Jeremy Jerome Jerzy Jesper Jess
    Jessica Jill Jim Jiri Joachim Joan Joana Joanna Joanne Joao Jochen Jodie Joe Joel Joelle Johan Johanna Johannes John Jonas Jonathan Joost Jordi Jorg Jorge Jose Josef Josefina Joseph Josephine Josie Joyce
    Juan Juana Judith Jules Julia Julian Juliana Julie Julien Juliette Julio Jurgen Justine Justyna Kaja Karen Karim Karin Karina Karl Karla Karol Karolina Karsten Kasia Katarina Katarzyna Kate
    Katharina Katherine Kathleen Kathrin Kathryn Kathy Katie Katja Katrin Kay Kees Keith Keiko Kelly Kemal Ken Kenneth Kenji Kerem Kerstin Kevin Khaled Kim Kirsten Kirsty Klara Klaus Konrad Kristian
    Kristin Kristina Krzysztof Kurt Kylie Lara Lars Lasse Laszlo Laura Laure Laurence Laurent Laurie Lea Leah Leandro Leila Lena Lene Lennart Leo Leon Leonardo Leonie Leonora Leopold Lesley Leszek Leticia Lewis Leyla Li
    Liam Lidia Lieke Liisa Lili Lilian Liliana Lina Linda Lionel Lisa Lise Liv Livia Lola Lorena Lorenzo Lotte Louis Louisa Louise Luc Luca Lucas Lucia Lucie Lucien Lucy Ludwig Luigi Luis Luisa Luiz Luka Lukas
    Lutz Lydia Lynn Maciej Madeleine Mads Magda Magdalena Magnus Mahmoud Maja Malcolm Malgorzata Manfred Manuel Manuela Marc Marcel Marcela Marcelo Marcin Marco Marcos Marcus Marek Margaret Margarita Margaux Margit
    Margot Maria Mariam Marian Mariana Marianne Marie Marija Marika Marina Mario Marion Marisa Marit Marita Marius Marko Markus Marlene Marta Martha Martin Martina Martine Mary Mateo Mateusz Mathias Mathieu
    Mathilde Matilda Mats Matteo Matthew Matthias Matthieu Maud Maureen Maurice Mauricio Mauro Maxime Maya Mehmet Mei Melanie Melissa Mercedes Merete Mette Michael Michaela Michal Michel Michele Michelle Mick Miguel
    Mika Mike Mikael Mikkel Mila Milan Milena Minna Miriam Mirjam Mirko Mohamed Mohammed Moira Molly Monica Monika Monique Morten Murat Mustafa Myriam Nadia Nadine Nadja Naomi Natalia Natalie Natasha Nathalie Nathan Neil
    Nelly Nelson Niamh Nicholas Nick Nicola Nicolas Nicole Niels Nigel Nikolai Nikos Nils Nina Noah Noel Noelle Noemi Nora Norbert Noreen Norma Norman Nuno Nuria Odile Oksana Ola Olaf Ole Oleg Olga Olive Oliver Olivia Olivier Omar
    Orhan Oscar Oskar Osman Otto Pablo Pam Pamela Panni Paola Paolo Pascal Pat Patricia Patrick Patrizia Patrik Paul Paula Paulina Pauline Paulo Pavel Pawel Pedro Peggy Penelope Per Pernille Peter Petr Petra Petri Phil
    Philip Philipp Philippe Phoebe Pia Pierre Pieter Pilar Piotr Priya Quentin Rachel Rafael Rafal Raffaele Rahul Raj Rajesh Ralf Ralph Ramon Ramona Rania Raquel Rasmus Raul Ravi Raymond Rebecca Regina Reinhard
    Renata Renate Renato Rene Ricardo Riccardo Richard Rick Rita Rob Robert Roberta Roberto Robin Rodrigo Roger Roland Rolf Roman Romain Romy Ron Ronald Ronnie Rosa Rosalie Rosanna Rosario Rosemary Roxana Roy Ruben Rudolf Rui Rune Rupert Ruth Ryan
    Sabine Sabrina Said Sally Salvatore Sam Samantha Samir Samira Samuel Sandra Sandrine Sandro Sanjay Santiago Sara Sarah Sascha Sean Sebastian Sebastien Selin Selma Sergei Sergio Seth Severine Sharon Sheila Shirley Siegfried Sigrid Silke
    Silvia Silvio Simon Simona Simone Siobhan Sofia Sofie Solange Sonia Sonja Sophia Sophie Soren Stacy Stanislaw Stefan Stefania Stefanie Stefano Stella Stephan Stephane Stephanie Stephen Steve Steven Stig Stuart Sunil Susan Susana Susanna
    Susanne Suzanne Svein Sven Svetlana Sybille Sylvia Sylvie Sylwia Tadeusz Tamara Tania Tanja Tara Tariq Tatiana Ted Teresa Tess Tessa Thea Theo Theodor Theresa Therese Thiago Thibault Thierry Thijs Thilo Thomas Thorsten Tiago
    Tilman Tim Timo Timothy Tina Tineke Tobias Todd Tom Tomas Tomasz Tommaso Tommy Toni Tony Torben Torsten Tracy Trevor Tristan Trudy Udo Ulf Ulla Ulrich Ulrike Umberto Urs Ursula Ute Valentin Valentina Valerie Vanessa Vera Verena Veronica
    Veronika Veronique Vicente Vicky Victoria Viktor Viktoria Vincent Vincenzo Viola Violeta Virginie Vito Vittoria Vivian Viviane Vladimir Volker Waldemar Walter Waltraud Wanda Wendy Werner Wiebke Wilfried Wilhelm Willem William Wojciech Wolfgang Wouter Xavier
    Yael Yan Yann Yannick Yasmin Yolanda Yoko Younes Yousef Yuki Yuri Yusuf Yvette Yvonne Zara Zbigniew Zeynep Zoe Zofia Zsofia Zuzana
    Анна Мария Елена Ольга Наталья Наталия Татьяна Ирина Светлана Людмила Галина Екатерина Анастасия Дарья Юлия Ксения Полина Вера Надежда Любовь Марина Оксана Алина Виктория Алла Нина Лариса Валентина
    Александр Алексей Андрей Сергей Дмитрий Иван Николай Михаил Максим Владимир Павел Игорь Олег Виктор Юрий Денис Артём Артем Роман Евгений Константин Антон Кирилл Илья Никита Борис Григорий Пётр Петр
    Олександр Олексій Андрій Сергій Дмитро Іван Микола Михайло Тарас Богдан Оксана Наталія Тетяна Ірина Світлана Катерина Юлія Олена
    """
)
"""A thousand and more; a name that is missing costs a finding, never a wrong one."""
_WRITTEN: Final = re.compile(r"(?<![^\W\d_])[A-ZА-ЯІЇЄ][a-zа-яёіїє]{1,14}(?![^\W\d_])")
_ADDRESSED: Final = re.compile(
    r"(?im)\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[r]?|guten (?:tag|morgen)|moin|servus|bonjour|salut|cher|chere|hola|buenos dias|estimad[oa]|querid[oa]|ciao|caro|cara|gentile|ola|prezad[oa]|bom dia|beste|hoi|dag|czesc|dzien dobry|witaj|hej|hei|kaere|kara|kjaere|moi|ahoj|dobry den|szia|kedves|salut|buna|merhaba|selam|sayin|привет|здравствуйте|добрый день),?"
    r"(?: (?:mr|mrs|ms|dr|frau|herr)\.?)? [^\W\d_]+(?: [^\W\d_]+)?|^[ \t>]*[^\W\d_]+(?: [^\W\d_]+)?,?[ \t]*$"
)
"""Who is written to, and who writes, is not spoken of."""


def has_given_name(text: str) -> bool:
    """Whether somebody is spoken of by a given name."""
    return not GIVEN.isdisjoint(_WRITTEN.findall(_ADDRESSED.sub("", text)))
