package org.millrace.cleaner.personal;

import java.util.ArrayList;
import java.util.List;

/// Payment cards: 14 to 19 digits of an issuer's range with a right check digit (Luhn), in one piece or
/// in groups. Visa's old 13 digits are left alone: every tenth European article number would be one.
final class PaymentCards implements Finder {

    private static final int SHORTEST = 14;
    private static final int LONGEST = 19;

    @Override
    public String placeholder() {
        return "[card]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i + SHORTEST <= text.length(); i++) {
            if (!Finder.isDigit(text.charAt(i)) || isJoined(text, i)) {
                continue;
            }
            int end = end(text, i);
            if (end > 0) {
                spans.add(new Span(i, end));
                i = end - 1;
            }
        }
        return spans;
    }

    /// Whether the digit is inside a number or a name.
    private static boolean isJoined(String text, int i) {
        return Finder.isWordAt(text, i - 1)
                || i > 1 && (text.charAt(i - 1) == '.' || text.charAt(i - 1) == '-') && Finder.isWordAt(text, i - 2);
    }

    private static int end(String text, int start) {
        StringBuilder digits = new StringBuilder(LONGEST);
        List<Integer> groups = new ArrayList<>();
        char gap = 0;
        int group = 0;
        int i = start;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (Finder.isDigit(c)) {
                digits.append(c);
                group++;
                if (digits.length() > LONGEST) {
                    return -1;
                }
            } else if ((c == ' ' || c == '-')
                    && (gap == 0 || gap == c)
                    && i + 1 < text.length()
                    && Finder.isDigit(text.charAt(i + 1))) {
                gap = c;
                groups.add(group);
                group = 0;
            } else {
                break;
            }
            i++;
        }
        groups.add(group);
        boolean bounded = !Finder.isWordAt(text, i)
                && !(i + 1 < text.length() && ".-,".indexOf(text.charAt(i)) >= 0 && Finder.isDigit(text.charAt(i + 1)));
        return bounded && grouped(groups) && isIssued(digits) && luhn(digits) ? i : -1;
    }

    /// In one piece, in fours with a rest, or 4-6-4 and 4-6-5 as American Express and Diners print them.
    private static boolean grouped(List<Integer> groups) {
        if (groups.size() == 1) {
            return true;
        }
        if (groups.size() == 3 && groups.get(0) == 4 && groups.get(1) == 6) {
            return groups.get(2) == 4 || groups.get(2) == 5;
        }
        return groups.subList(0, groups.size() - 1).stream().allMatch(size -> size == 4) && groups.getLast() <= 4;
    }

    /// Ranges of issuer numbers (ISO 7812) of the large schemes, with the lengths that they issue.
    private static boolean isIssued(CharSequence digits) {
        int length = digits.length();
        if (length < SHORTEST) {
            return false;
        }
        int four = Integer.parseInt(digits, 0, 4, 10);
        int two = four / 100;
        boolean sixteen = length == 16;
        boolean sixteenOrMore = length >= 16;
        return two / 10 == 4 && (sixteen || length == 19) // Visa
                || (two >= 51 && two <= 55 || four >= 2221 && four <= 2720) && sixteen // Mastercard
                || (two == 34 || two == 37) && length == 15 // American Express
                || (four == 6011 || four / 10 >= 644 && four / 10 <= 649 || two == 65) && sixteenOrMore // Discover
                || (four / 10 >= 300 && four / 10 <= 305 || four == 3095 || two == 36 || two == 38 || two == 39)
                        && (length == 14 || sixteen) // Diners Club
                || four >= 3528 && four <= 3589 && sixteenOrMore // JCB
                || two == 62 && sixteenOrMore // UnionPay
                || four >= 2200 && four <= 2204 && sixteenOrMore // Mir
                || (four == 5018 || four == 5020 || four == 5038 || four == 6304 || four == 6759 || four == 6761)
                        && sixteenOrMore; // Maestro
    }

    private static boolean luhn(CharSequence digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int doubled = i % 2 == 1 ? 2 * digit : digit;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }
        return sum % 10 == 0;
    }
}
