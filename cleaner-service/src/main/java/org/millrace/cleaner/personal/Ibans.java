package org.millrace.cleaner.personal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// International bank account numbers: a country, two check digits modulo 97 (ISO 7064), and as many
/// characters as that country's numbers have, alone or in groups of four.
final class Ibans implements Finder {

    private static final int SHORTEST = 15;

    /// Lengths by country, from the IBAN registry.
    private static final Map<String, Integer> LENGTHS = lengths("""
            AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28
            EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26
            IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28
            NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25
            SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30""");

    private static Map<String, Integer> lengths(String table) {
        Map<String, Integer> lengths = new HashMap<>();
        for (String entry : table.strip().split("\\s+")) {
            lengths.put(entry.substring(0, 2), Integer.valueOf(entry.substring(2)));
        }
        return Map.copyOf(lengths);
    }

    @Override
    public String placeholder() {
        return "[iban]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i + SHORTEST <= text.length(); i++) {
            if (starts(text, i)) {
                int end = end(text, i);
                if (end > 0) {
                    spans.add(new Span(i, end));
                    i = end - 1;
                }
            }
        }
        return spans;
    }

    private static boolean starts(String text, int i) {
        return isCapital(text.charAt(i))
                && isCapital(text.charAt(i + 1))
                && Finder.isDigit(text.charAt(i + 2))
                && Finder.isDigit(text.charAt(i + 3))
                && !Finder.isWordAt(text, i - 1);
    }

    /// @return behind the number's last character, or -1 if there is none
    private static int end(String text, int start) {
        Integer length = LENGTHS.get(text.substring(start, start + 2));
        if (length == null) {
            return -1;
        }
        StringBuilder number = new StringBuilder(length);
        int i = start;
        while (i < text.length() && number.length() < length) {
            char c = text.charAt(i);
            if (isCapital(c) || Finder.isDigit(c)) {
                number.append(c);
            } else if (!isGap(c) || number.length() % 4 != 0) {
                return -1;
            }
            i++;
        }
        return number.length() == length && !Finder.isWordAt(text, i) && remainder(number) == 1 ? i : -1;
    }

    private static int remainder(CharSequence number) {
        int remainder = 0;
        for (int i = 0; i < number.length(); i++) {
            char c = number.charAt((i + 4) % number.length()); // country and check digits come last
            remainder = Finder.isDigit(c) ? (remainder * 10 + c - '0') % 97 : (remainder * 100 + c - 'A' + 10) % 97;
        }
        return remainder;
    }

    private static boolean isCapital(char c) {
        return c >= 'A' && c <= 'Z';
    }

    private static boolean isGap(char c) {
        return c == ' ' || c == '-';
    }
}
