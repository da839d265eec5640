"""Messages made of columns of the row that holds them, and functions of the row."""

import pytest

from support.client import Failure


def test_embedded_messages_are_set_when_any_of_their_columns_is(shapes):
    answer, statements = shapes.counted("Polymorphic/ListCustomers", ["id", "home", "billing"])
    assert answer["customers"] == [
        {"id": 1, "home": {"street": "Elm 1", "zip": 100}},
        {"id": 2, "home": {"zip": 0}, "billing": {"street": "Oak 2"}},
        {"id": 3},
    ]
    assert statements == 1


def test_a_part_of_an_embedded_message(shapes):
    answer = shapes.call("Polymorphic/ListCustomers", ["home.street"])
    assert answer["customers"] == [{"home": {"street": "Elm 1"}}, {"home": {}}, {}]


def test_embedded_messages_below_a_parent(shapes):
    answer, statements = shapes.counted("Polymorphic/ListOrders", ["id", "customer.home.zip"])
    assert answer["orders"] == [{"id": 1, "customer": {"home": {"zip": 100}}}, {"id": 2, "customer": {"home": {"zip": 100}}},
                                {"id": 3, "customer": {"home": {"zip": 0}}}, {"id": 4}]
    assert statements == 1


def test_filters_and_orders_name_their_fields(shapes):
    answer = shapes.call("Polymorphic/ListCustomers", ["id"], filter="home.zip >= 0", order_by="home.zip")
    assert answer["customers"] == [{"id": 2}, {"id": 1}]
    answer = shapes.call("Polymorphic/ListOrders", ["id"], filter="customer.billing.street:*")
    assert answer["orders"] == [{"id": 3}]
    with pytest.raises(Failure, match="home is a message: name one of its fields"):
        shapes.call("Polymorphic/ListCustomers", ["id"], filter='home = "x"')


def test_star_holds_them_and_functions_too(shapes):
    assert shapes.call("Polymorphic/GetCustomer", ["*"], id=1) == {
        "id": 1, "home": {"street": "Elm 1", "zip": 100}, "full_name": "Ann Ash", "initials": ["A", "A"]}


def test_functions_of_rows_anywhere(shapes):
    answer, statements = shapes.counted("Polymorphic/ListOrders", ["id", "customer.full_name", "customer.orders.customer.initials"],
                                        page_size=3)
    assert [order["customer"]["full_name"] for order in answer["orders"]] == ["Ann Ash", "Ann Ash", "Bob Birch"]
    assert answer["orders"][2]["customer"]["orders"] == [{"customer": {"initials": ["B", "B"]}}]
    assert statements == 2


def test_a_function_is_a_filter(shapes):
    answer = shapes.call("Polymorphic/ListCustomers", ["id"], filter='full_name = "Ann Ash"')
    assert answer["customers"] == [{"id": 1}]
