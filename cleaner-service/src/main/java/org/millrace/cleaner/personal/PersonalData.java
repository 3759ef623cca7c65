package org.millrace.cleaner.personal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Replaces e-mail addresses and telephone numbers by `[email]` and `[phone]`: plain words in
/// brackets, which every tokenizer spells with ordinary tokens, and which a reader understands.
///
/// A number counts as a telephone number only with a sign that it is one (`+`, `00`, the American
/// 3-3-4 grouping, a word such as "Tel"), so that years, populations, ISBNs and coordinates stay.
public final class PersonalData {

    /// @param spans pieces that were replaced
    public record Masked(String text, int spans) {}

    private static final Pattern EMAIL = Pattern.compile(
            "(?<![\\w.+%-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}(?![\\w-])");

    private static final String SEPARATED_DIGIT = "(?:[ ./()\\u2010-\\u2013-]{0,2}\\d)";

    private static final Pattern PHONE = Pattern.compile(String.join(
            "|",
            // +49 30 901820, +1 (202) 555-0143; not +48.858370 (a coordinate), not +67 391 582 (a change)
            "(?<![\\w+.])\\+(?!\\d{1,3}\\.\\d++(?!\\.))[1-9]" + SEPARATED_DIGIT + "{8,14}(?![\\w])",
            // 0049 30 901820
            "(?<![\\w+.,])00[1-9]\\d{0,2}[ ./-]" + SEPARATED_DIGIT + "{7,12}(?![\\w])",
            // (202) 555-0143, 202-555-0143, 1-202-555-0143
            "(?<![\\w+./-])(?:1[-. ])?(?:\\(\\d{3}\\) ?\\d{3}[-. ]\\d{4}|\\d{3}([-.])\\d{3}\\1\\d{4})(?![\\w-]|\\.\\d)",
            // Tel. 030 901820, phone: 555-0143
            "(?<=\\b(?i:tel|phone|telephone|fax|mobile|whatsapp)\\.?:? ?)[(]?\\d" + SEPARATED_DIGIT
                    + "{5,14}(?![\\w])"));

    private PersonalData() {}

    public static Masked mask(String text) {
        Masked emails = replaceAll(EMAIL, new Masked(text, 0), "[email]");
        return replaceAll(PHONE, emails, "[phone]");
    }

    /// Until nothing is left: a replaced piece may uncover its neighbour.
    private static Masked replaceAll(Pattern pattern, Masked start, String placeholder) {
        Masked masked = start;
        while (true) {
            int spans = masked.spans();
            StringBuilder replaced = new StringBuilder();
            Matcher matcher = pattern.matcher(masked.text());
            while (matcher.find()) {
                matcher.appendReplacement(replaced, placeholder);
                spans++;
            }
            if (spans == masked.spans()) {
                return masked;
            }
            masked = new Masked(matcher.appendTail(replaced).toString(), spans);
        }
    }
}
