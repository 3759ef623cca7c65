package org.millrace.cleaner.rule;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Pages that sell and say nothing. Ordinary advertisements use one such word in thirty; a page
/// above one in twelve is made of them. The list is our own, in English.
record SpamWords() implements Rule {

    static final double MAXIMUM = 1.0 / 12;

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
        long spam = subject.words().stream().filter(SpamWords::isSpam).count();
        return Limit.atMost(
                "spam-words", (double) spam / Math.max(1, subject.words().size()), MAXIMUM, "of the words sell");
    }

    private static boolean isSpam(String word) {
        int start = 0;
        int end = word.length();
        while (start < end && !Character.isLetter(word.charAt(start))) {
            start++;
        }
        while (end > start && !Character.isLetter(word.charAt(end - 1))) {
            end--;
        }
        return WORDS.contains(word.substring(start, end).toLowerCase(Locale.ROOT));
    }
}
