package org.millrace.crawler;

import java.util.List;
import java.util.Locale;

/// What a page asks of robots, by `X-Robots-Tag` or by a meta element.
///
/// @param index the page may be kept
/// @param follow its links may be followed
record Directives(boolean index, boolean follow) {

    static final Directives NONE = new Directives(true, true);

    private static final List<String> VALUES =
            List.of("all", "index", "follow", "none", "noindex", "nofollow", "noarchive", "nosnippet", "noimageindex");

    Directives and(Directives other) {
        return new Directives(index && other.index, follow && other.follow);
    }

    /// The content of a meta element: `noindex, nofollow`.
    static Directives of(String values) {
        boolean index = true;
        boolean follow = true;
        for (String value : values.toLowerCase(Locale.ROOT).split("[,\\s]+")) {
            index &= !value.equals("noindex") && !value.equals("none");
            follow &= !value.equals("nofollow") && !value.equals("none");
        }
        return new Directives(index, follow);
    }

    /// All fields of a header.
    static Directives ofHeaders(List<String> fields, String agent) {
        Directives directives = NONE;
        for (String field : fields) {
            directives = directives.and(ofHeader(field, agent));
        }
        return directives;
    }

    /// One field of a header, which may name the robot that it speaks to: `otherbot: noindex, nofollow`. A name holds
    /// until the next name.
    static Directives ofHeader(String header, String agent) {
        Directives directives = NONE;
        boolean ours = true;
        for (String part : header.toLowerCase(Locale.ROOT).split(",")) {
            String value = part.strip();
            int colon = value.indexOf(':');
            String name = colon < 0 ? "" : value.substring(0, colon).strip();
            // `unavailable_after: date` and `max-snippet: 3` have colons too, and name nobody.
            if (colon >= 0 && VALUES.contains(value.substring(colon + 1).strip())) {
                ours = name.equals(agent.toLowerCase(Locale.ROOT)) || name.equals("*");
                value = value.substring(colon + 1);
            }
            if (ours) {
                directives = directives.and(of(value));
            }
        }
        return directives;
    }
}
