package org.millrace.cli.report;

import java.util.Locale;
import java.util.regex.Pattern;

/// How figures are written for people: `1,234`, `12.3 %`, `4.5 MB`.
public final class Numbers {

    private static final Pattern FIGURE = Pattern.compile("–|[-+≥≤<>±]?\\d[\\d,.]*( ?(%|[kMGT]?B|M|G|k))?");
    private static final String[] PREFIXES = {"", "k", "M", "G", "T"};

    private Numbers() {}

    /// Whether a cell is a figure, or says that there is none, and stands to the right.
    static boolean isFigure(String cell) {
        return FIGURE.matcher(cell).matches();
    }

    public static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /// @return a share in per cent; "–" of nothing
    public static String share(long part, long whole) {
        return whole == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }

    /// Three digits and a prefix of a thousand: `4.50 M`.
    public static String rounded(double value, String unit) {
        double rest = value;
        int prefix = 0;
        while (Math.abs(rest) >= 1000 && prefix < PREFIXES.length - 1) {
            rest /= 1000;
            prefix++;
        }
        String digits = String.format(
                Locale.ROOT,
                Math.abs(rest) >= 100 || prefix == 0 ? "%.0f" : Math.abs(rest) >= 10 ? "%.1f" : "%.2f",
                rest);
        return (digits + " " + PREFIXES[prefix] + unit).strip();
    }
}
