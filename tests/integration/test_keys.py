"""Keys that are not bigint primary keys, and keys whose equality is the database's alone."""

import pytest

from support.client import Failure


def test_a_foreign_key_to_a_unique_column_that_is_no_primary_key(cases):
    answer, statements = cases.counted("Keys/ListCities", ["name", "country.name"])
    assert answer["cities"] == [
        {"name": "Oslo", "country": {"name": "Norway"}},
        {"name": "Arica", "country": {"name": "Chile"}},
        {"name": "Atlantis"},
        {"name": "Bergen", "country": {"name": "Norway"}},
    ]
    assert statements == 1


def test_the_same_backwards_fetches_the_key_that_nobody_asked_for(cases):
    answer, statements = cases.counted("Keys/ListCountries", ["cities.name"])
    assert answer["countries"] == [{"cities": [{"name": "Oslo"}, {"name": "Bergen"}]}, {"cities": [{"name": "Arica"}]}]
    assert statements == 2


def test_a_string_key_with_odd_values(cases):
    answer, statements = cases.counted("Keys/ListArticles", ["id", "tags.colour"])
    assert answer["articles"] == [
        {"id": 1, "tags": [{"colour": "grey"}, {"colour": "silver"}]},
        {"id": 2, "tags": [{"colour": "white"}, {"colour": "green"}]},
        {"id": 3},
    ]
    assert statements == 2


def test_lists_below_string_keys(cases):
    answer, statements = cases.counted("Keys/ListArticles", ["tags.name", "tags.articles.title"], page_size=2)
    assert answer["articles"] == [
        {"tags": [{"name": "C", "articles": [{"title": "one"}]}, {"name": "c", "articles": [{"title": "one"}]}]},
        {"tags": [{"articles": [{"title": "two"}]},
                  {"name": 'naïve, "quoted" {braced}', "articles": [{"title": "two"}]}]},
    ]
    assert statements == 3


def test_a_string_key_looked_up_as_sent_the_empty_one_included(cases):
    assert cases.call("Keys/GetTag", name="C") == {"name": "C", "colour": "grey"}
    assert cases.call("Keys/GetTag", name="") == {"colour": "white"}
    assert cases.call("Keys/GetTag", ["articles.id"], name='naïve, "quoted" {braced}') == {"articles": [{"id": 2}]}


def test_a_citext_key_matches_whatever_the_case(cases):
    answer, statements = cases.counted("Keys/ListPurchases", ["item", "account.name"])
    assert answer["purchases"] == [
        {"item": "pen", "account": {"name": "Ann"}}, {"item": "ink", "account": {"name": "Ann"}},
        {"item": "cup", "account": {"name": "Bob"}}, {"item": "hat"}]
    assert statements == 1
    answer, statements = cases.counted("Keys/ListAccounts", ["email", "purchases.item"])
    assert answer["accounts"] == [
        {"email": "Ann@Example.com", "purchases": [{"item": "pen"}, {"item": "ink"}]},
        {"email": "bob@example.com", "purchases": [{"item": "cup"}]},
    ]
    assert statements == 2


def test_a_list_below_a_citext_key(cases):
    answer = cases.call("Keys/ListPurchases", ["item", "account.purchases.item"], page_size=2)
    assert answer["purchases"] == [
        {"item": "pen", "account": {"purchases": [{"item": "pen"}, {"item": "ink"}]}},
        {"item": "ink", "account": {"purchases": [{"item": "pen"}, {"item": "ink"}]}},
    ]


def test_a_citext_key_looked_up_in_another_case(cases):
    assert cases.call("Keys/GetAccount", ["name"], email="ANN@EXAMPLE.COM") == {"name": "Ann"}
    answer = cases.call("Keys/BatchGetAccounts", ["name"], emails=["BOB@example.com", "ann@example.com", "bob@EXAMPLE.com"])
    assert answer == {"accounts": [{"name": "Bob"}, {"name": "Ann"}, {"name": "Bob"}]}


def test_a_numeric_key_matches_whatever_the_scale(cases):
    answer, statements = cases.counted("Keys/ListProducts", ["name", "tax.label"])
    assert answer["products"] == [
        {"name": "book", "tax": {"label": "reduced"}}, {"name": "chair", "tax": {"label": "full"}},
        {"name": "stamp", "tax": {"label": "none"}}, {"name": "bread", "tax": {"label": "reduced"}}, {"name": "gift"}]
    assert statements == 1
    answer, statements = cases.counted("Keys/ListRates", ["rate", "products.name"])
    assert answer["rates"] == [
        {"rate": "0.00", "products": [{"name": "stamp"}]},
        {"rate": "7.0", "products": [{"name": "book"}, {"name": "bread"}]},
        {"rate": "19", "products": [{"name": "chair"}]},
    ]
    assert statements == 2


def test_a_padded_key_matches_whatever_the_width(cases):
    answer, statements = cases.counted("Keys/ListStocks", ["item", "warehouse.code", "warehouse.city"])
    assert answer["stocks"] == [
        {"item": "rope", "warehouse": {"code": "AB", "city": "Aberdeen"}},
        {"item": "sail", "warehouse": {"code": "XYZ", "city": "Xanten"}},
        {"item": "mast", "warehouse": {"code": "AB", "city": "Aberdeen"}},
    ]
    assert statements == 1
    answer, statements = cases.counted("Keys/ListWarehouses", ["code", "stocks.item"])
    assert answer["warehouses"] == [
        {"code": "AB", "stocks": [{"item": "rope"}, {"item": "mast"}]}, {"code": "XYZ", "stocks": [{"item": "sail"}]}]
    assert statements == 2


def test_a_key_under_a_loose_collation(cases):
    answer, _ = cases.counted("Keys/ListUsages", ["sentence", "entry.meaning"])
    assert answer["usages"] == [
        {"sentence": "a rowan stands", "entry": {"meaning": "a tree"}},
        {"sentence": "ROWAN!", "entry": {"meaning": "a tree"}},
        {"sentence": "an elm", "entry": {"meaning": "another tree"}},
    ]
    answer, statements = cases.counted("Keys/ListWords", ["word", "usages.id"])
    assert answer["words"] == [{"word": "Elm", "usages": [{"id": 3}]}, {"word": "Rowan", "usages": [{"id": 1}, {"id": 2}]}]
    assert statements == 2


def test_an_int4_key_to_an_int8_one(cases):
    answer, statements = cases.counted("Keys/ListNarrowRefs", ["name", "wide.name"])
    assert answer["narrow_refs"] == [{"name": "a", "wide": {"name": "one"}}, {"name": "b", "wide": {"name": "two"}},
                                     {"name": "c", "wide": {"name": "one"}}, {"name": "d"}]
    assert statements == 1
    answer, statements = cases.counted("Keys/ListWideKeys", ["id", "narrow_refs.name"])
    assert answer["wide_keys"] == [{"id": 1, "narrow_refs": [{"name": "a"}, {"name": "c"}]},
                                   {"id": 2, "narrow_refs": [{"name": "b"}]}, {"id": 9000000000}]
    assert statements == 2


def test_lists_below_an_int4_key_to_an_int8_one(cases):
    answer = cases.call("Keys/ListNarrowRefs", ["wide.narrow_refs.wide.narrow_refs.name"], page_size=1)
    assert answer["narrow_refs"] == [{"wide": {"narrow_refs": [
        {"wide": {"narrow_refs": [{"name": "a"}, {"name": "c"}]}}, {"wide": {"narrow_refs": [{"name": "a"}, {"name": "c"}]}}]}}]


def test_a_composite_key(cases):
    answer, statements = cases.counted("Keys/ListBookings", ["guest", "seat.colour"])
    assert answer["bookings"] == [
        {"guest": "Xia", "seat": {"colour": "blue"}}, {"guest": "Yan", "seat": {"colour": "green"}}, {"guest": "Zoe"},
        {"guest": "Abe", "seat": {"colour": "green"}}, {"guest": "Bea"}]
    assert statements == 1
    answer, statements = cases.counted("Keys/ListSeats", ["colour", "bookings.guest"])
    assert answer["seats"] == [{"colour": "red"}, {"colour": "blue", "bookings": [{"guest": "Xia"}]},
                               {"colour": "green", "bookings": [{"guest": "Yan"}, {"guest": "Abe"}]}]
    assert statements == 2


def test_a_list_below_a_composite_key(cases):
    answer = cases.call("Keys/ListBookings", ["guest", "seat.bookings.guest"], page_size=2)
    assert answer["bookings"] == [{"guest": "Xia", "seat": {"bookings": [{"guest": "Xia"}]}},
                                  {"guest": "Yan", "seat": {"bookings": [{"guest": "Yan"}, {"guest": "Abe"}]}}]


def test_a_composite_key_looked_up(cases):
    assert cases.call("Keys/GetSeat", hall="east", number=2) == {"hall": "east", "number": 2, "colour": "blue"}
    answer, statements = cases.counted("Keys/BatchGetSeats", ["colour"], requests=[
        {"hall": "west", "number": 1}, {"hall": "east", "number": 1}, {"hall": "west", "number": 1}])
    assert answer == {"seats": [{"colour": "green"}, {"colour": "red"}, {"colour": "green"}]}
    assert statements == 1


def test_a_uuid_key(cases):
    answer, statements = cases.counted("Keys/ListDevices", ["name", "readings.degrees"])
    assert answer["devices"] == [{"name": "roof", "readings": [{"degrees": 21.5}, {"degrees": 22}]},
                                 {"name": "cellar", "readings": [{"degrees": -3}]}]
    assert statements == 2
    assert cases.call("Keys/GetDevice", ["name"], id="FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF") == {"name": "cellar"}


@pytest.mark.parametrize("value", ["", "x", "ffffffff-ffff-4fff-bfff-fffffffffff", "'; --"])
def test_a_key_that_is_no_uuid_is_refused(cases, value):
    with pytest.raises(Failure) as failed:
        cases.call("Keys/GetDevice", id=value)
    assert failed.value.code.name == "INVALID_ARGUMENT"
    assert [field for field, _ in failed.value.violations] == ["id"]


def test_one_of_two_unique_keys(cases):
    norway = {"id": 10, "code": "no", "name": "Norway"}
    assert cases.call("Keys/GetCountry", id=10) == norway
    assert cases.call("Keys/GetCountry", code="no") == norway
    for fields in ({}, {"id": 10, "code": "no"}):
        with pytest.raises(Failure) as failed:
            cases.call("Keys/GetCountry", **fields)
        assert failed.value.code.name == "INVALID_ARGUMENT"
