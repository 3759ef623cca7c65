package org.millrace.cli.data;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What people call a licence that a page names by its URL.
final class Licence {

    static final String NONE = "none named";

    private static final Pattern CREATIVE_COMMONS = Pattern.compile(
            "https?://(?:www\\.)?creativecommons\\.org/(licenses|publicdomain)/([a-z-]+)(?:/(\\d\\.\\d))?(?:[/?#].*)?",
            Pattern.CASE_INSENSITIVE);

    private Licence() {}

    /// "CC BY-SA 4.0" for a URL of Creative Commons; other URLs without scheme and query, as they are.
    static String name(String url) {
        if (url.isBlank()) {
            return NONE;
        }
        Matcher known = CREATIVE_COMMONS.matcher(url.strip());
        if (known.matches()) {
            String version = known.group(3) == null ? "" : " " + known.group(3);
            String code = known.group(2).toUpperCase(Locale.ROOT);
            return switch (code) {
                case "ZERO" -> "CC0" + version;
                case "MARK" -> "Public Domain Mark" + version;
                default -> "CC " + code + version;
            };
        }
        String rest = url.strip().replaceFirst("^(?i)https?://(www\\.)?", "");
        int end = rest.length();
        for (char mark : new char[] {'?', '#'}) {
            int at = rest.indexOf(mark);
            end = at < 0 ? end : Math.min(end, at);
        }
        return rest.substring(0, end).replaceFirst("/+$", "");
    }
}
