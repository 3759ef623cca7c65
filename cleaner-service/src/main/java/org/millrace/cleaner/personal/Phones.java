package org.millrace.cleaner.personal;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberMatch;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.Leniency;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Telephone numbers. Runs of digits are candidates; which of them are numbers that a country gives out
/// is known by libphonenumber, Google's library of numbering plans. It is asked only about runs that
/// carry a sign: without one, too many numbers of other kinds would be somebody's, and asking is slow.
///
/// - `+` or `00` before a country's code;
/// - a word such as "Tel." before the number, which then need not be a known one;
/// - the grouping of a region whose numbers are recognised as they are dialled at home.
final class Phones implements Finder {

    private static final int FEWEST_DIGITS = 6;
    private static final int MOST_DIGITS = 15;

    /// Inside one run of digits.
    private static final int MOST_TRIES = 20;

    /// Numbers are written in fewer; there may be a year before them.
    private static final int MOST_GROUPS = 7;

    private static final Set<String> NORTH_AMERICA = Set.of("US");

    /// Words that announce a number, lower-case, in the languages of many pages.
    private static final Set<String> WORDS = Set.of(
            "tel",
            "tél",
            "telefon",
            "telefono",
            "teléfono",
            "telefone",
            "téléphone",
            "telephone",
            "telefoon",
            "phone",
            "fax",
            "faks",
            "mobile",
            "mobil",
            "móvil",
            "celular",
            "handy",
            "whatsapp",
            "тел",
            "телефон",
            "факс",
            "моб",
            "τηλ",
            "τηλέφωνο",
            "puh",
            "puhelin",
            "tlf",
            "電話",
            "电话",
            "전화",
            "هاتف",
            "טלפון",
            "โทร",
            "फोन");

    /// Words between such a word and its number.
    private static final Set<String> NUMBER_WORDS =
            Set.of("number", "no", "nr", "nummer", "numéro", "numero", "número", "номер");

    /// 5 000 000 or 5.000.000.
    private static final Pattern THOUSANDS = Pattern.compile("[1-9]\\d{0,2}([ .])\\d{3}(?:\\1\\d{3})*(?![ .]?\\d)");

    /// 5000000
    private static final Pattern ROUND = Pattern.compile("[1-9]\\d*0{5}(?![ .]?\\d)");

    /// It warns of every country that prints its numbers in one way only. Held, because loggers are not.
    private static final Logger METADATA =
            Logger.getLogger("com.google.i18n.phonenumbers.metadata.init.ClassPathResourceMetadataLoader");

    static {
        METADATA.setLevel(Level.SEVERE);
    }

    private final PhoneNumberUtil plans = PhoneNumberUtil.getInstance();
    private final Set<String> regions;

    /// @param regions ISO 3166 codes of those whose numbers are recognised as dialled at home
    Phones(Set<String> regions) {
        for (String region : regions) {
            if (!plans.getSupportedRegions().contains(region)) {
                throw new IllegalArgumentException("phone-regions: expected ISO 3166 codes, got \"" + region + "\"");
            }
        }
        this.regions = new TreeSet<>(regions);
    }

    @Override
    public String placeholder() {
        return "[phone]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        for (Span run : Finder.digitRuns(text, FEWEST_DIGITS)) {
            Span shown = international(text, run);
            if (shown == null) {
                shown = announced(text, run);
            }
            if (shown != null) {
                spans.add(shown);
            } else if (!Finder.isWordAt(text, run.start() - 1)) {
                spans.addAll(national(text, run));
            }
        }
        return spans;
    }

    private @Nullable Span international(String text, Span run) {
        int plus = run.start() - 1;
        while (plus > 0 && (text.charAt(plus) == '(' || text.charAt(plus) == ' ') && run.start() - plus <= 2) {
            plus--;
        }
        if (plus >= 0 && text.charAt(plus) == '+' && !Finder.isWordAt(text, plus - 1) && !isDecimal(text, run)) {
            return known(text, plus, run.start(), run.end());
        }
        boolean zeros = text.startsWith("00", run.start())
                && run.start() + 2 < run.end()
                && text.charAt(run.start() + 2) != '0'
                && hasGap(text, run)
                && !Finder.isWordAt(text, run.start() - 1)
                && !follows(text, run.start(), ".,+");
        return zeros && Finder.isDigit(text.charAt(run.start() + 2))
                ? known(text, run.start(), run.start() + 2, run.end())
                : null;
    }

    /// The longest number that a country gives out, from the country's code on, ending where a group ends.
    private @Nullable Span known(String text, int start, int code, int end) {
        for (int to = end; to > code; to = groupBefore(text, code, to)) {
            if (!Finder.isWordAt(text, to) && isValid("+" + text.substring(code, to))) {
                return new Span(start, to);
            }
        }
        return null;
    }

    private boolean isValid(String number) {
        int digits = 0;
        for (int i = 0; i < number.length(); i++) {
            digits += Finder.isDigit(number.charAt(i)) ? 1 : 0;
        }
        if (digits > MOST_DIGITS + 1) { // one more for the zero of "+49 (0)30"
            return false;
        }
        try {
            return plans.isValidNumber(plans.parse(number, "ZZ"));
        } catch (NumberParseException e) {
            return false; // too short, or no country has that code
        }
    }

    private static int groupBefore(String text, int from, int end) {
        int i = end;
        while (i > from && Finder.isDigit(text.charAt(i - 1))) {
            i--;
        }
        while (i > from && !Finder.isDigit(text.charAt(i - 1))) {
            i--;
        }
        return i;
    }

    /// +48.858370 is a coordinate or a change; +33.1.23.45 is not.
    private static boolean isDecimal(String text, Span run) {
        int separators = 0;
        boolean dot = false;
        for (int i = run.start(); i < run.end(); i++) {
            if (!Finder.isDigit(text.charAt(i))) {
                separators++;
                dot |= text.charAt(i) == '.';
            }
        }
        return dot && separators == 1;
    }

    private static boolean hasGap(String text, Span run) {
        for (int i = run.start(); i < run.end(); i++) {
            if (!Finder.isDigit(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Span announced(String text, Span run) {
        int end = wordEnd(text, run.start());
        int start = wordStart(text, end);
        String word = text.substring(start, end).toLowerCase(Locale.ROOT);
        if (NUMBER_WORDS.contains(word)) {
            end = wordEnd(text, start);
            start = wordStart(text, end);
            word = text.substring(start, end).toLowerCase(Locale.ROOT);
        }
        if (!WORDS.contains(word)
                || isYears(text, run)
                || text.substring(end, run.start()).isBlank() && isAmount(text, run)) {
            return null;
        }
        int digits = 0;
        int to = run.start();
        for (int i = run.start(); i < run.end() && digits < MOST_DIGITS; i++) {
            if (Finder.isDigit(text.charAt(i))) {
                digits++;
                to = i + 1;
            }
        }
        int from = run.start();
        while (from > end && (text.charAt(from - 1) == '(' || text.charAt(from - 1) == '+')) {
            from--;
        }
        return Finder.isWordAt(text, to) ? null : new Span(from, to);
    }

    /// Behind the last letter before `i`, over at most four spaces, brackets and dots.
    private static int wordEnd(String text, int i) {
        int end = i;
        while (end > 0 && i - end < 4 && " .:(+".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return end;
    }

    private static int wordStart(String text, int end) {
        int start = end;
        while (start > 0 && end - start < 20 && isLetterOrMark(text.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    private static boolean isLetterOrMark(char c) {
        return Character.isLetter(c) || Character.getType(c) == Character.NON_SPACING_MARK;
    }

    /// 1998-2004: a mobile phone's, perhaps, but not its number.
    private static boolean isYears(String text, Span run) {
        String digits = text.substring(run.start(), run.end()).replaceAll("\\D", "");
        return digits.length() == 8
                && run.end() - run.start() > 8
                && (digits.startsWith("19") || digits.startsWith("20"))
                && (digits.startsWith("19", 4) || digits.startsWith("20", 4));
    }

    /// Mobile 5 000 000 users: thousands in groups, or in one piece, and round. Numbers of telephones are written
    /// in groups of three too, but seldom with one digit before them, and seldom end in zeros.
    private static boolean isAmount(String text, Span run) {
        String number = text.substring(run.start(), run.end());
        if (ROUND.matcher(number).lookingAt()) {
            return true;
        }
        Matcher thousands = THOUSANDS.matcher(number);
        if (!thousands.lookingAt()) {
            return false;
        }
        String digits = thousands.group().replaceAll("\\D", "");
        return digits.length() % 3 == 1 || digits.endsWith("0000");
    }

    /// Only numbers written in groups: any ten digits in one piece would be an American one.
    private List<Span> national(String text, Span run) {
        List<Span> spans = new ArrayList<>();
        if (gaps(text, run.start(), run.end()) < 2 || !isWorthAsking(text, run)) {
            return spans;
        }
        int from = run.start();
        while (from > 0 && run.start() - from < 2 && !Character.isWhitespace(text.charAt(from - 1))) {
            from--; // an opening bracket belongs to the number, a letter or a dot speaks against it
        }
        int to = Math.min(text.length(), run.end() + 2);
        for (String region : regions) {
            String candidate = text.substring(from, to);
            for (PhoneNumberMatch match : plans.findNumbers(candidate, region, Leniency.STRICT_GROUPING, MOST_TRIES)) {
                int start = from + match.start();
                int end = from + match.end();
                if (gaps(text, start, end) >= 2 && isApart(text, start, end)) {
                    spans.add(new Span(start, end));
                }
            }
            if (!spans.isEmpty()) {
                break;
            }
        }
        return spans;
    }

    /// A table of numbers is one long run, and the library tries every piece of it: a page of them would take
    /// ten times as long as any other. North American numbers are known by their groups of 3, 3 and 4.
    private boolean isWorthAsking(String text, Span run) {
        int groups = 0;
        int before = 0;
        int last = 0;
        int i = run.start();
        while (i < run.end()) {
            int start = i;
            while (i < run.end() && Finder.isDigit(text.charAt(i))) {
                i++;
            }
            if (i > start) {
                if (before == 3 && last == 3 && i - start == 4) {
                    return true;
                }
                before = last;
                last = i - start;
                groups++;
            } else {
                i++;
            }
        }
        return groups <= MOST_GROUPS && !regions.equals(NORTH_AMERICA);
    }

    private static int gaps(String text, int from, int to) {
        int gaps = 0;
        for (int i = from + 1; i < to; i++) {
            gaps += Finder.isDigit(text.charAt(i - 1)) && !Finder.isDigit(text.charAt(i)) ? 1 : 0;
        }
        return gaps;
    }

    /// Part of no longer number: 12.202-555-0143 and 202-555-0143.7 are something else.
    private static boolean isApart(String text, int start, int end) {
        boolean before = !Finder.isWordAt(text, start - 1) && !follows(text, start, "+./-");
        boolean behind = !Finder.isWordAt(text, end)
                && !(end + 1 < text.length()
                        && (text.charAt(end) == '-' || text.charAt(end) == '.')
                        && Finder.isDigit(text.charAt(end + 1)));
        return before && behind;
    }

    private static boolean follows(String text, int index, String marks) {
        return index > 0 && marks.indexOf(text.charAt(index - 1)) >= 0;
    }
}
