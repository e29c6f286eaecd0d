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
    /// The open amount, multiplied by the sign of the kind.
    fn open_amount(&self, kind: ItemKind, amounts: Amounts) -> Decimal {
        let (item, allocations) = self.item(kind, amounts);
        let open = item.open_amount(&allocations).expect("small amounts");
        if kind.is_credit() { -open } else { open }
    }

    fn item(&self, kind: ItemKind, amounts: Amounts) -> (OpenItem, Allocations) {
        let sign = if kind.is_credit() { -1 } else { 1 };
        let amount = |amount: i64| Decimal::from(sign * amount);
        let cash = |(day, cash): &(i8, i64)| Cash { booked: self::day(*day), amount: amount(*cash) };
        // Made when the source had stated the original amount: nothing is unexplained then, as in the reference.
        let adjustment = |(adjusted, posted): &(i64, Option<i8>)| Adjustment {
            amount: amount(*adjusted),
            posted_at: posted.map(self::day),
            total: amount(self.original.0),
            as_of: day(self.original.1),
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
        (item, allocations)
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

/// An adjustment that is made by hand now.
fn by_hand(item: &OpenItem, amount: i64) -> Adjustment {
    Adjustment { amount: amount.into(), posted_at: None, total: item.total, as_of: item.as_of }
}

/// The item with another figure of its source.
fn stated(item: &OpenItem, total: i64, as_of: i8) -> OpenItem {
    OpenItem { total: total.into(), as_of: day(as_of), ..*item }
}

fn open(item: &OpenItem, allocations: &Allocations) -> Decimal {
    item.open_amount(allocations).expect("small amounts")
}

#[test]
fn what_the_source_took_away_before_an_adjustment_does_not_explain_it() {
    // The source has lost 300 of 1000, and 300 more are taken off by hand, on the day of the figure and on a later one.
    for days in [(0, 0), (0, 6)] {
        let (item, mut allocations) =
            case((1000, days.0), (700, days.1), &[], &[]).item(ItemKind::Invoice, Amounts::OpenItems);
        assert_eq!(item.correction_to(400.into(), &allocations), Ok(300.into()));
        allocations.adjustments.push(by_hand(&item, 300));
        assert_eq!(open(&item, &allocations), 400.into());
        assert_eq!(open(&stated(&item, 700, 8), &allocations), 400.into(), "the same figure again");
        assert_eq!(open(&stated(&item, 400, 9), &allocations), 400.into(), "the source shows it now");
        assert_eq!(open(&stated(&item, 350, 9), &allocations), 50.into(), "the source has lost more");
    }
}

#[test]
fn older_figure_that_comes_later_does_not_explain_an_adjustment() {
    // 500 by the source, 0 by hand. Then an older file says 1000.
    let (item, mut allocations) =
        case((500, 6), (500, 6), &[], &[]).item(ItemKind::Invoice, Amounts::OpenItems);
    allocations.adjustments.push(by_hand(&item, 500));
    for original in [(500, Some(6)), (1000, Some(3)), (1000, None), (700, Some(6)), (1000, Some(8))] {
        let original = Figure { amount: original.0.into(), as_of: original.1.map(day) };
        let item = OpenItem { original, ..item };
        assert_eq!(open(&item, &allocations), Decimal::ZERO, "{original:?}");
        assert_eq!(open(&stated(&item, 0, 9), &allocations), Decimal::ZERO, "shown: {original:?}");
    }
}

#[test]
fn payments_that_the_source_posts_late_do_not_hide_an_adjustment() {
    // 600 of 1000 are paid and not posted yet, and 100 are taken off by hand.
    let (item, mut allocations) =
        case((1000, 0), (1000, 6), &[(5, 600)], &[]).item(ItemKind::Invoice, Amounts::OpenItems);
    allocations.adjustments.push(by_hand(&item, 100));
    for (total, as_of, why) in [
        (1000, 6, "neither is posted"),
        (1000, 7, "neither is posted a day later"),
        (400, 7, "the payment is posted"),
        (900, 7, "the adjustment is posted"),
        (300, 7, "both are posted"),
    ] {
        assert_eq!(open(&stated(&item, total, as_of), &allocations), 300.into(), "{why}");
    }
}

#[test]
fn amounts_are_never_rounded() {
    let amount: Decimal = "9999999999999999999999999999".parse().expect("an amount");
    let item = |total| OpenItem {
        kind: ItemKind::Invoice,
        amounts: Amounts::Originals,
        original: Figure { amount: total, as_of: None },
        total,
        as_of: day(6),
    };
    let of = |amount: &str| {
        let amount = amount.parse().expect("an amount");
        let adjustment = Adjustment { amount, posted_at: None, total: Decimal::ZERO, as_of: day(6) };
        Allocations { adjustments: vec![adjustment], ..Allocations::default() }
    };
    assert_eq!(item(amount).open_amount(&of("0.01")), Err(TooLarge));
    assert_eq!(
        item(amount).correction_to("0.01".parse().expect("an amount"), &Allocations::default()),
        Err(TooLarge)
    );
    assert_eq!(item(amount).open_amount(&of("0")), Ok(amount));
    assert_eq!(
        item("0.00".parse().expect("an amount")).open_amount(&of("5.10")),
        Ok("-5.1".parse().expect("an amount"))
    );
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

    /// Whatever was allocated before, a correction is the difference, whether the source shows adjustments already or not. It
    /// reaches the amount that is wanted, and nothing is to be corrected after it. To acknowledge what the source shows moves
    /// nothing.
    #[test]
    fn corrections_are_the_difference(
        case in cases(),
        edits in prop::collection::vec((-6_i64..14, prop::option::of((0_i64..8, 0_i8..3))), 1..5),
        pick in 0_usize..6,
    ) {
        let kind = [ItemKind::Invoice, ItemKind::CreditNote, ItemKind::Payment][pick % 3];
        let amounts = [Amounts::OpenItems, Amounts::Originals][pick / 3];
        let (mut item, mut allocations) = case.item(kind, amounts);
        let sign = if kind.is_credit() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        for (wanted, moved) in edits {
            if let Some((less, days)) = moved {
                item.total -= sign * Decimal::from(100 * less);
                item.as_of = item.as_of.checked_add(days.days()).expect("a day");
            }
            let before = open(&item, &allocations);
            let shown = item.shows_pending(&allocations).expect("small amounts");
            let pending = |made: &&mut Adjustment| shown && item.is_pending(made.posted_at);
            for made in allocations.adjustments.iter_mut().filter(pending) {
                made.posted_at = Some(item.as_of);
            }
            prop_assert_eq!(open(&item, &allocations), before, "acknowledged with the day of the figure");
            let wanted = sign * Decimal::from(100 * wanted);
            let amount = item.correction_to(wanted, &allocations).expect("small amounts");
            prop_assert_eq!(amount, before - wanted);
            if !amount.is_zero() {
                let (total, as_of) = (item.total, item.as_of);
                allocations.adjustments.push(Adjustment { amount, posted_at: None, total, as_of });
            }
            prop_assert_eq!(item.open_amount(&allocations), Ok(wanted));
            prop_assert_eq!(item.correction_to(wanted, &allocations), Ok(Decimal::ZERO));
        }
    }

    #[test]
    fn order_of_cash_makes_no_difference(case in cases()) {
        let mut reversed = case.clone();
        reversed.cash.reverse();
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
