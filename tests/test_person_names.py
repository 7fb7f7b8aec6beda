"""Names: the spellings of one person meet, and two persons do not."""

import pytest

from digestmail.text.person_names import given_name, is_initials_only, same_person, surname_keys

ONE = [
    ("Nguyen Van Anh", "Van Anh Nguyen"), ("Kim, Ji-hoon", "Jihoon Kim"),
    ("Kim Ji-hoon", "Jihoon Kim"), ("Müller, Jörg", "Joerg Mueller"), ("Wang Yi", "Yi Wang"),
    ("Jorg Muller", "Jörg Müller"), ("Yann Le Cun", "Yann LeCun"), ("Morel JP", "Jean-Paul Morel"),
    ("JP Morel", "Jean-Paul Morel"), ("Morel, JP", "J.-P. Morel"), ("LI Wei", "Wei Li"),
    ("Bill Hartmann", "William Hartmann"), ("Liz Smith", "Elizabeth Smith"),
    ("Søren Ørsted", "Soeren Oersted"), ("María José López", "M. J. Lopez"),
    ("Carmen Ruiz-Ortega", "Carmen Ruiz"), ("Carmen Ruiz Ortega", "Carmen Ruiz"),
    ("The HELIX Collaboration", "HELIX Collaboration"), ("Дмитрий Иванов", "Dmitrii Ivanov"),
    ("O'Neil, Pat", "Pat O’Neil"), ("Wolfgang von Trapp", "W. Trapp"), ("DOE, JANE", "Jane Doe"),
    ("Jane DOE", "Jane Doe"), ("Zhang, W.", "Wei Zhang"), ("Nina MacDonald", "Nina Mac Donald"),
    ("Ana de la Cruz", "Ana Cruz"), ("Wang X.-Y.", "Xiao-Yu Wang"), ("王小明", "王小明"),
]  # fmt: skip
TWO = [
    ("Wei Zhang", "Wen Zhang"), ("HELIX Collaboration", "ORION Collaboration"),
    ("Jean Morel", "Jean-Luc Morel"), ("Paul Martin", "Martin Paul"), ("Yue Feng", "Yu Feng"),
    ("Wei Zhang", "Wei-Nan Zhang"), ("J. Smith", "Jane Smithson"), ("王小明", "王小红"),
    ("Robert Farrow", "Roberta Farrow"), ("Ann Lee", "Anna Lee"), ("Jane Doe", "Jane Doering"),
    ("M. Ruiz", "Mateo Ortega Ruiz Silva"), ("Eric Smith", "Erica Smith"),
    ("Ji-Woo Choi", "Ji-Min Choi"), ("Doe", "Jane Doe"), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ONE)
def test_spellings_of_one_person_meet(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)
    assert surname_keys(one) & surname_keys(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_two_persons_do_not_meet(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert not same_person(other, one)


def test_initials_are_told_from_given_names() -> None:
    assert is_initials_only("Y. Wang")
    assert is_initials_only("Wang, Y. X.")
    assert is_initials_only("Morel JP")
    assert not is_initials_only("Yi Wang")
    assert not is_initials_only("Doe")
    assert given_name("Jean-Luc Morel") == "jeanluc"
    assert given_name("J. Morel") == ""
