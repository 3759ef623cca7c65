package org.millrace.crawler.frontier;

import java.util.HashMap;
import java.util.Map;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.web.NormalUrl;

/// What endless sites look like from their URLs.
final class Traps {

    /// Repetitions of the same segments that no site needs: `/a/b/a/b/a/b`.
    private static final int REPEATED = 3;

    /// Occurrences of one segment in a path, together or apart, that no site needs.
    private static final int OFTEN = 5;

    private Traps() {}

    /// The path repeats itself, as relative links to a missing slash do.
    static boolean repeatsItself(NormalUrl url) {
        String path = url.path();
        int query = path.indexOf('?');
        String[] segments =
                (query < 0 ? path : path.substring(0, query)).substring(1).split("/");
        Map<String, Integer> occurrences = new HashMap<>();
        for (String segment : segments) {
            if (occurrences.merge(segment, 1, Integer::sum) == OFTEN) {
                return true;
            }
        }
        for (int cycle = 1; cycle * REPEATED <= segments.length; cycle++) {
            int same = 0;
            for (int i = cycle; i < segments.length; i++) {
                same = segments[i].equals(segments[i - cycle]) ? same + 1 : 0;
                if (same == cycle * (REPEATED - 1)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// A number that URLs of the same make share: those that differ in digits alone, or in what their
    /// query's parameters are set to. Calendars, counters and session ids have few patterns and endless
    /// URLs.
    static long pattern(NormalUrl url) {
        String path = url.path();
        StringBuilder pattern = new StringBuilder(path.length());
        boolean value = false;
        boolean query = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            query |= c == '?';
            value = query && (c == '=' || value && c != '&' && c != ';');
            boolean digit = c >= '0' && c <= '9';
            char last = pattern.isEmpty() ? '/' : pattern.charAt(pattern.length() - 1);
            if (value) {
                if (c == '=') {
                    pattern.append(c);
                }
            } else if (!digit) {
                pattern.append(c);
            } else if (last != '#') {
                pattern.append('#');
            }
        }
        return Fingerprint.of("pattern", pattern.toString()).high();
    }
}
