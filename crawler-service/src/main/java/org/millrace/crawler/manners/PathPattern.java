package org.millrace.crawler.manners;

import java.util.List;
import org.millrace.crawler.web.NormalUrl;

/// A path with wildcards (RFC 9309 section 2.2.3): `*` stands for any characters, `$` at the end for the
/// end of the URL. It matches where it is a prefix of path and query.
///
/// Both sides are compared in one spelling: unreserved characters bare, everything else that may be
/// written either way escaped (RFC 9309 section 2.2.2). A `*` or `$` of a URL is therefore `%2A` or
/// `%24` here, as a pattern must write it that means the character itself.
///
/// @param pieces what stands between the wildcards, in the one spelling
/// @param toTheEnd the URL must end where the pattern ends
/// @param length octets of the pattern: the longest one that matches counts
record PathPattern(List<String> pieces, boolean toTheEnd, int length) {

    PathPattern {
        pieces = List.copyOf(pieces);
    }

    static PathPattern of(String written) {
        boolean toTheEnd = written.endsWith("$");
        String body = toTheEnd ? written.substring(0, written.length() - 1) : written;
        String spelled = spelled(NormalUrl.escaped(body), false);
        return new PathPattern(List.of(spelled.split("\\*", -1)), toTheEnd, spelled.length() + (toTheEnd ? 1 : 0));
    }

    /// A URL's path and query as patterns see it.
    static String subject(NormalUrl url) {
        return spelled(url.path(), true);
    }

    /// Linear in practice: each piece is looked for from where the last one ended. The earliest place is
    /// always good enough, except for a last piece that must stand at the end.
    boolean matches(String subject) {
        String first = pieces.getFirst();
        if (!subject.startsWith(first)) {
            return false;
        }
        if (pieces.size() == 1) {
            return !toTheEnd || subject.length() == first.length();
        }
        int at = first.length();
        for (String piece : pieces.subList(1, pieces.size() - 1)) {
            int found = subject.indexOf(piece, at);
            if (found < 0) {
                return false;
            }
            at = found + piece.length();
        }
        String last = pieces.getLast();
        return toTheEnd
                ? subject.length() - last.length() >= at && subject.endsWith(last)
                : subject.indexOf(last, at) >= 0;
    }

    private static String spelled(String escaped, boolean wildcardsToo) {
        StringBuilder out = null;
        for (int i = 0; i < escaped.length(); i++) {
            String octet =
                    switch (escaped.charAt(i)) {
                        case '[' -> "%5B";
                        case ']' -> "%5D";
                        case '|' -> "%7C";
                        case '$' -> "%24";
                        case '*' -> wildcardsToo ? "%2A" : "";
                        default -> "";
                    };
            if (out == null && !octet.isEmpty()) {
                out = new StringBuilder(escaped.length() + 16).append(escaped, 0, i);
            }
            if (out != null) {
                if (octet.isEmpty()) {
                    out.append(escaped.charAt(i));
                } else {
                    out.append(octet);
                }
            }
        }
        return out == null ? escaped : out.toString();
    }
}
