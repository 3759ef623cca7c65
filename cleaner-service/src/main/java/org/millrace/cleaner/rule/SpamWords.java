package org.millrace.cleaner.rule;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Pages that sell and say nothing. Ordinary advertisements use one such word in thirty; a page
/// above one in twelve is made of them. The list is our own, in English.
///
/// @param maximum share of the words, 0 to 1
record SpamWords(double maximum) implements Rule {

    private static final Set<String> WORDS = Set.of(
            "affiliate",
            "bargain",
            "bargains",
            "bet",
            "betting",
            "bingo",
            "bitcoin",
            "bonus",
            "bonuses",
            "buy",
            "casino",
            "casinos",
            "cash",
            "cheap",
            "cheapest",
            "cialis",
            "click",
            "clearance",
            "coupon",
            "coupons",
            "credit",
            "crypto",
            "deal",
            "deals",
            "discount",
            "discounts",
            "earn",
            "forex",
            "free",
            "gamble",
            "gambling",
            "guarantee",
            "guaranteed",
            "jackpot",
            "jackpots",
            "loan",
            "loans",
            "lottery",
            "millionaire",
            "miracle",
            "offer",
            "offers",
            "order",
            "payday",
            "pharmacy",
            "pills",
            "poker",
            "prize",
            "prizes",
            "profit",
            "profits",
            "promo",
            "refinance",
            "replica",
            "rich",
            "risk-free",
            "roulette",
            "sale",
            "seo",
            "slots",
            "spin",
            "viagra",
            "viral",
            "vip",
            "voucher",
            "weight-loss",
            "win",
            "winner",
            "winners",
            "winning");

    @Override
    public Optional<Breach> breach(Subject subject) {
        Words words = subject.words();
        int spam = words.count(word -> word.length() <= LONGEST && WORDS.contains(word.toLowerCase(Locale.ROOT)));
        return Limit.atMost("spam-words", (double) spam / Math.max(1, words.count()), maximum, "of the words sell");
    }

    /// No listed word is longer.
    private static final int LONGEST = 12;
}
