"""How approvers are told and how their answers come back."""
