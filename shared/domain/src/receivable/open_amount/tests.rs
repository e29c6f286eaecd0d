//! The examples of the specification's reference model, and a comparison with it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::civil::date;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::super::{Adjustment, Cash};
use super::*;

/// The reference: the function `open_amount` of the specification's model, with a loop that answers a case per line.
const REFERENCE: &str = include_str!("reference.py");
const CASES: usize = 20_000;

/// A case: days are counted from the beginning.
#[derive(Clone, Debug)]
struct Case {
    original: (i64, i8),
    total: (i64, i8),
    cash: Vec<(i8, i64)>,
    adjustments: Vec<(i64, Option<i8>)>,
}

impl Case {
    fn open_amount(&self, kind: ItemKind, amounts: Amounts) -> Decimal {
        let sign = if kind.is_credit() { -1 } else { 1 };
        let amount = |amount: i64| Decimal::from(sign * amount);
        let cash = |(day, cash): &(i8, i64)| Cash { booked: self::day(*day), amount: amount(*cash) };
        let adjustment = |(adjusted, posted): &(i64, Option<i8>)| Adjustment {
            amount: amount(*adjusted),
            posted_at: posted.map(self::day),
        };
        let item = OpenItem {
            kind,
            amounts,
            original: Figure { amount: amount(self.original.0), as_of: Some(day(self.original.1)) },
            total: amount(self.total.0),
            as_of: day(self.total.1),
        };
        let allocations = Allocations {
            cash: self.cash.iter().map(cash).collect(),
            adjustments: self.adjustments.iter().map(adjustment).collect(),
        };
        item.open_amount(&allocations).expect("small amounts") * Decimal::from(sign)
    }
}

fn day(day: i8) -> Date {
    date(2026, 1, day + 1)
}

fn case(
    original: (i64, i8),
    total: (i64, i8),
    cash: &[(i8, i64)],
    adjustments: &[(i64, Option<i8>)],
) -> Case {
    Case { original, total, cash: cash.to_vec(), adjustments: adjustments.to_vec() }
}

fn cases() -> impl Strategy<Value = Case> {
    let amount = || (-4_i64..12).prop_map(|hundreds| 100 * hundreds);
    let cash = prop::collection::vec((0_i8..20, amount()), 0..5);
    let adjustments = prop::collection::vec((amount(), prop::option::of(0_i8..20)), 0..3);
    let figures = (amount(), 0_i8..12, 0_i64..12, 0_i8..8);
    (figures, cash, adjustments).prop_map(|((original, first, less, later), cash, adjustments)| Case {
        original: (original, first),
        total: (original - 100 * less, first + later),
        cash,
        adjustments,
    })
}

#[test]
fn examples_of_the_reference() {
    for (case, open, why) in [
        (case((1000, 0), (1000, 20), &[(5, 1000), (20, -1000)], &[]), 1000, "paid and returned"),
        (case((1000, 0), (0, 20), &[(18, 1000), (20, -1000)], &[]), 1000, "the return is not posted yet"),
        (
            case((1000, 0), (700, 8), &[], &[(100, None)]),
            600,
            "300 reached the source alone, 100 written off here",
        ),
        (case((1000, 0), (1000, 20), &[], &[(100, Some(21))]), 900, "acknowledged after the last file"),
        (case((1000, 0), (1000, 6), &[(5, 600)], &[]), 400, "posted late"),
        (case((1000, 0), (1000, 12), &[(5, 600)], &[]), 1000, "the source had time to post it"),
        (case((400, 10), (400, 10), &[(9, 600)], &[]), 400, "history explains the first figure"),
        (case((1000, 0), (400, 6), &[(5, 600)], &[]), 400, "posted in time"),
        (case((1000, 0), (400, 6), &[(5, 600), (7, 400)], &[]), 0, "one posted in time, one after the file"),
        (case((1000, 0), (900, 6), &[], &[(100, None)]), 900, "the source shows the adjustment already"),
    ] {
        for kind in [ItemKind::Invoice, ItemKind::CreditNote, ItemKind::Payment] {
            assert_eq!(case.open_amount(kind, Amounts::OpenItems), Decimal::from(open), "{why}");
        }
    }
}

#[test]
fn originals_are_reduced_by_all_allocations() {
    let case = case((1000, 5), (1000, 12), &[(1, 300), (20, 100)], &[(50, None), (50, Some(3))]);
    assert_eq!(case.open_amount(ItemKind::Invoice, Amounts::Originals), Decimal::from(500));
}

#[test]
fn original_without_a_day_counts_from_the_beginning() {
    let item = OpenItem {
        kind: ItemKind::Invoice,
        amounts: Amounts::OpenItems,
        original: Figure { amount: Decimal::from(1000), as_of: None },
        total: Decimal::from(1000),
        as_of: day(6),
    };
    let cash = vec![Cash { booked: day(5), amount: Decimal::from(600) }];
    let allocations = Allocations { cash, ..Allocations::default() };
    assert_eq!(item.open_amount(&allocations), Ok(Decimal::from(400)));
    let cash = vec![Cash { booked: day(9), amount: -Decimal::MAX }; 2];
    assert_eq!(item.open_amount(&Allocations { cash, ..Allocations::default() }), Err(TooLarge));
}

proptest! {
    #[test]
    fn without_allocations_the_source_is_right(case in cases()) {
        let case = Case { cash: Vec::new(), adjustments: Vec::new(), ..case };
        for amounts in [Amounts::OpenItems, Amounts::Originals] {
            prop_assert_eq!(case.open_amount(ItemKind::Invoice, amounts), Decimal::from(case.total.0));
        }
    }

    #[test]
    fn order_of_allocations_makes_no_difference(case in cases()) {
        let mut reversed = case.clone();
        reversed.cash.reverse();
        reversed.adjustments.reverse();
        let open = |case: &Case| case.open_amount(ItemKind::CreditNote, Amounts::OpenItems);
        prop_assert_eq!(open(&case), open(&reversed));
    }
}

/// Compares with the reference in Python. It needs `python3`.
#[test]
#[ignore = "needs python3"]
fn reference_in_python_agrees() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> =
        (0..CASES).map(|_| cases().new_tree(&mut runner).expect("a case").current()).collect();
    let line = |case: &Case| {
        let Case { original, total, cash, adjustments } = case;
        let posted = |(amount, day): &(i64, Option<i8>)| {
            (*amount, day.map_or("null".to_owned(), |day| day.to_string()))
        };
        let adjustments: Vec<_> =
            adjustments.iter().map(posted).map(|(amount, day)| format!("[{amount},{day}]")).collect();
        let cash: Vec<_> = cash.iter().map(|(day, amount)| format!("[{day},{amount}]")).collect();
        format!(
            "[{},{},{},{},[{}],[{}]]\n",
            original.0,
            original.1,
            total.0,
            total.1,
            cash.join(","),
            adjustments.join(",")
        )
    };
    let lines: String = cases.iter().map(line).collect();
    let python =
        Command::new("python3").args(["-c", REFERENCE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.expect("python3");
    let mut input = python.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = python.wait_with_output().expect("an answer");
    writer.join().expect("a thread").expect("a reader");
    let answers = String::from_utf8(output.stdout).expect("digits");
    assert_eq!(answers.lines().count(), CASES);
    for (case, answer) in cases.iter().zip(answers.lines()) {
        let open = case.open_amount(ItemKind::Invoice, Amounts::OpenItems);
        assert_eq!(open.to_string(), answer, "{case:?}");
    }
}
