package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.IDN;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An absolute http or https URL in the one spelling that stands for all its equivalents
/// (RFC 3986 section 6.2.2 and 6.2.3), without user information and without fragment.
///
/// Equal resources written differently are equal here: case of scheme and host, default port, dot
/// segments, escapes of unreserved characters, case of escapes, characters that should have been
/// escaped, international host names. Order of query parameters and trailing slashes are left: they
/// may mean something to the server.
///
/// @param scheme `http` or `https`
/// @param host lowercase ASCII; an IPv6 address in brackets
/// @param port 1 to 65535, the scheme's default where none was given
/// @param path path and query, starting with `/`
public record NormalUrl(String scheme, String host, int port, String path) {

    /// Longer ones are traps or data in disguise; the sitemap protocol has the same limit.
    static final int MAX_LENGTH = 2048;

    /// RFC 3986 appendix B.
    private static final Pattern PARTS =
            Pattern.compile("^(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#.*)?$", Pattern.DOTALL);

    private static final Pattern NAME = Pattern.compile(
            "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?" + "(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\.?");
    private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]{2,45}]");
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /// The URL that `text` means when it stands alone; empty if it is none that a crawler may follow.
    public static Optional<NormalUrl> of(String text) {
        Matcher parts = PARTS.matcher(cleaned(text));
        if (!parts.matches() || parts.group(1) == null || parts.group(2) == null) {
            return Optional.empty();
        }
        return of(parts.group(1), parts.group(2), parts.group(3), parts.group(4));
    }

    /// The URL that a reference means on this page (RFC 3986 section 5.2).
    public Optional<NormalUrl> resolve(String reference) {
        Matcher parts = PARTS.matcher(cleaned(reference));
        if (!parts.matches()) {
            return Optional.empty();
        }
        if (parts.group(1) != null) {
            return of(reference);
        }
        if (parts.group(2) != null) {
            return of(scheme, parts.group(2), parts.group(3), parts.group(4));
        }
        String relative = parts.group(3);
        String query = parts.group(4);
        if (relative.isEmpty()) {
            return of(scheme, authority(), pathAlone(), query == null ? queryAlone() : query);
        }
        String merged = relative.startsWith("/")
                ? relative
                : pathAlone().substring(0, pathAlone().lastIndexOf('/') + 1) + relative;
        return of(scheme, authority(), merged, query);
    }

    /// Host and port: what owns a queue, and the key of its records.
    public String hostAndPort() {
        return host + ":" + port;
    }

    /// The host as people write it: with the port only where it is not the default.
    public String authority() {
        return port == defaultPort(scheme) ? host : hostAndPort();
    }

    /// Scheme, host and port: what one robots.txt speaks for.
    public String origin() {
        return scheme + "://" + authority();
    }

    @Override
    public String toString() {
        return origin() + path;
    }

    private String pathAlone() {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    private @Nullable String queryAlone() {
        int query = path.indexOf('?');
        return query < 0 ? null : path.substring(query + 1);
    }

    private static Optional<NormalUrl> of(String scheme, String authority, String path, @Nullable String query) {
        String lower = scheme.toLowerCase(Locale.ROOT);
        if (!lower.equals("http") && !lower.equals("https") || authority.contains("@")) {
            return Optional.empty();
        }
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon >= 0 && authority.indexOf(']', colon) < 0;
        Optional<String> host = host(hasPort ? authority.substring(0, colon) : authority);
        int port = hasPort ? port(authority.substring(colon + 1), lower) : defaultPort(lower);
        if (host.isEmpty() || port < 1) {
            return Optional.empty();
        }
        String rest = withoutDots(escaped(path)) + (query == null ? "" : "?" + escaped(query));
        NormalUrl url = new NormalUrl(lower, host.get(), port, rest);
        return url.toString().length() <= MAX_LENGTH ? Optional.of(url) : Optional.empty();
    }

    private static Optional<String> host(String written) {
        String lower = written.toLowerCase(Locale.ROOT);
        if (IPV6.matcher(lower).matches()) {
            return Optional.of(lower);
        }
        try {
            String ascii = IDN.toASCII(lower, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
            return ascii.length() <= 253 && NAME.matcher(ascii).matches() ? Optional.of(ascii) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no host name in any script
        }
    }

    private static int port(String digits, String scheme) {
        if (digits.isEmpty()) {
            return defaultPort(scheme);
        }
        if (digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        int port = Integer.parseInt(digits);
        return port <= 65535 ? port : -1;
    }

    private static int defaultPort(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }

    /// What the URL standard of browsers strips: line breaks and tabs anywhere, blanks at the ends,
    /// and the backslash that people write for a slash.
    private static String cleaned(String text) {
        String stripped = text.strip().replaceAll("[\\t\\r\\n]", "");
        int end = stripped.indexOf('?');
        String head = end < 0 ? stripped : stripped.substring(0, end);
        return head.replace('\\', '/') + (end < 0 ? "" : stripped.substring(end));
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            int width = Character.charCount(c);
            int octet = c == '%' ? octetAt(text, i) : -1;
            if (octet >= 0) {
                if (isUnreserved(octet)) {
                    out.append((char) octet);
                } else {
                    out.append('%').append(HEX.toHexDigits((byte) octet));
                }
                width = 3;
            } else if (isUnreserved(c) || "/:@!$&'()*+,;=?[]|".indexOf(c) >= 0) {
                out.append((char) c);
            } else {
                for (byte octetOfCharacter : text.substring(i, i + width).getBytes(UTF_8)) {
                    out.append('%').append(HEX.toHexDigits(octetOfCharacter));
                }
            }
            i += width;
        }
        return out.toString();
    }

    /// The octet that an escape at `i` stands for, or -1 where the percent sign is only itself.
    private static int octetAt(String text, int i) {
        if (i + 2 >= text.length()) {
            return -1;
        }
        int high = Character.digit(text.charAt(i + 1), 16);
        int low = Character.digit(text.charAt(i + 2), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static boolean isUnreserved(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._~".indexOf(c) >= 0;
    }

    /// RFC 3986 section 5.2.4, on whole segments.
    private static String withoutDots(String path) {
        String[] segments = path.split("/", -1);
        var kept = new ArrayDeque<String>();
        for (int i = path.startsWith("/") ? 1 : 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            switch (segments[i]) {
                case "." -> {
                    if (last) {
                        kept.addLast("");
                    }
                }
                case ".." -> {
                    kept.pollLast();
                    if (last) {
                        kept.addLast("");
                    }
                }
                default -> kept.addLast(segments[i]);
            }
        }
        return "/" + String.join("/", kept);
    }
}
