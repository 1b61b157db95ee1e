"""What may be asked of the tables: a target, what is told of it, and columns that would give it away."""

LOW_INCOMES = ("-10.000)", "[10.000-15.000)", "[15.000-20.000)", "[20.000-25.000)", "[25.000-30.000)")


def same(label):
    return label


def question(table, target, labels, title, about, without=(), rename=same):
    """labels: at most so many are told apart; 0 where the target is a number."""
    return {
        "table": table, "target": target, "labels": labels, "title": title, "about": about, "without": without, "rename": rename,
    }


QUESTIONS = {
    "credit": question("credit_data", "Status", 2, "Good and bad credit", ": an applicant for a loan"),
    "phone-churn": question("mlc_churn", "churn", 2, "Customers that leave", ": a telephone customer"),
    "telecom-churn": question("wa_churn", "churn", 2, "Customers that leave", ": a customer of a telecommunication company"),
    "lending": question("lending_club", "Class", 2, "Loans that go bad", ": a loan among private people"),
    "cells": question("cells", "class", 2, "Well segmented cells", ": the picture of a cell", without=("case",)),
    "remote": question("stackoverflow", "Remote", 2, "Who works remotely", ": a programmer's answers to a survey"),
    "salary": question("stackoverflow", "Salary", 0, "Salaries of programmers", ": a programmer's answers to a survey"),
    "jobs": question("hpc_data", "class", 4, "How long a job takes", ": a job of a computing cluster"),
    "ridership": question("Chicago", "ridership", 0, "Passengers of a station", ": one day, at other stations and in the weather", without=("date",)),
    "concrete": question("concrete", "compressive_strength", 0, "The strength of concrete", ": a mixture of concrete"),
    "cars": question("car_prices", "Price", 0, "Prices of cars", ": a used car"),
    "homes": question("Sacramento", "price", 0, "Prices of homes", ": a home that was sold"),
    "letters": question("LetterRecognition", "lettr", 4, "Which letter it is", ": the picture of a letter"),
    "pixels": question("Satellite", "classes", 4, "What grows there", ": a pixel and its neighbours in a satellite's picture"),
    "spam": question("spam", "type", 2, "Mail that nobody wanted", ": shares of words and signs in a mail"),
    "income": question(
        "income", "INCOME", 2, "High and low incomes", ": a household's answers to a survey",
        rename=lambda label: "low" if label in LOW_INCOMES else "high",
    ),
}
