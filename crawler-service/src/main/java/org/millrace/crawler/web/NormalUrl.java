package org.millrace.crawler.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An absolute http or https URL in the one spelling that stands for all its equivalents
/// (RFC 3986 section 6.2.2 and 6.2.3), without user information and without fragment.
///
/// Equal resources written differently are equal here: case of scheme and host, default port, dot
/// segments, escapes of unreserved characters, case of escapes, characters that should have been
/// escaped, international host names, addresses written as numbers. Order of query parameters and
/// trailing slashes are left: they may mean something to the server.
///
/// @param scheme `http` or `https`
/// @param host as [HostName] spells it
/// @param port 1 to 65535, the scheme's default where none was given
/// @param path path and query, starting with `/`
public record NormalUrl(String scheme, String host, int port, String path) {

    /// Longer ones are traps or data in disguise.
    static final int MAX_LENGTH = 4096;

    /// What of a path stands for itself, besides letters and digits.
    private static final String BARE = "-._~/:@!$&'()*+,;=?[]|";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /// The URL that `text` means when it stands alone; empty if it is none that a crawler may follow.
    public static Optional<NormalUrl> of(String text) {
        Reference reference = Reference.read(text);
        return reference.scheme == null || reference.authority == null
                ? Optional.empty()
                : of(reference.scheme, reference.authority, reference.path, reference.query);
    }

    /// The URL that a reference means on this page (RFC 3986 section 5.2).
    public Optional<NormalUrl> resolve(String text) {
        Reference reference = Reference.read(text);
        if (reference.scheme != null) {
            return of(text);
        }
        if (reference.authority != null) {
            return of(scheme, reference.authority, reference.path, reference.query);
        }
        if (reference.path.isEmpty()) {
            return here(pathAlone(), reference.query == null ? queryAlone() : reference.query);
        }
        String merged = reference.path.startsWith("/")
                ? reference.path
                : pathAlone().substring(0, pathAlone().lastIndexOf('/') + 1) + reference.path;
        return here(merged, reference.query);
    }

    /// The same page, without what names only a visit to it.
    public NormalUrl withoutTracking() {
        String rest = Tracking.removed(path);
        return rest.equals(path) ? this : new NormalUrl(scheme, host, port, rest);
    }

    /// The host as people write it: with the port only where it is not the scheme's default. It owns a
    /// queue, which a site by http and by https has in common, and is the key of its records.
    public String authority() {
        return port == defaultPort(scheme) ? host : host + ":" + port;
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
        if (!lower.equals("http") && !lower.equals("https") || authority.indexOf('@') >= 0) {
            return Optional.empty();
        }
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon >= 0 && authority.indexOf(']', colon) < 0;
        int port = hasPort ? port(authority.substring(colon + 1), lower) : defaultPort(lower);
        if (port < 1) {
            return Optional.empty();
        }
        return HostName.normal(hasPort ? authority.substring(0, colon) : authority)
                .flatMap(host -> limited(lower, host, port, path, query));
    }

    private Optional<NormalUrl> here(String path, @Nullable String query) {
        return limited(scheme, host, port, path, query);
    }

    private static Optional<NormalUrl> limited(
            String scheme, String host, int port, String path, @Nullable String query) {
        if (path.length() > MAX_LENGTH || query != null && query.length() > MAX_LENGTH) {
            return Optional.empty(); // escaped it may be shorter, but not by much
        }
        String rest = withoutDots(escaped(path)) + (query == null ? "" : "?" + escaped(query));
        NormalUrl url = new NormalUrl(scheme, host, port, rest);
        return url.toString().length() <= MAX_LENGTH ? Optional.of(url) : Optional.empty();
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

    /// Escapes what must be, and nothing else.
    public static String escaped(String text) {
        int bare = 0;
        while (bare < text.length() && isBare(text.charAt(bare))) {
            bare++;
        }
        if (bare == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, bare);
        for (int i = bare; i < text.length(); ) {
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
            } else if (isBare(c)) {
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
        return isLetterOrDigit(c) || "-._~".indexOf(c) >= 0;
    }

    private static boolean isBare(int c) {
        return isLetterOrDigit(c) || BARE.indexOf(c) >= 0;
    }

    private static boolean isLetterOrDigit(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    /// RFC 3986 section 5.2.4, on whole segments.
    private static String withoutDots(String path) {
        if (path.startsWith("/") && !path.contains("/.")) {
            return path;
        }
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

    /// A reference taken apart (RFC 3986 appendix B); null where a part is absent.
    private record Reference(
            @Nullable String scheme,
            @Nullable String authority,
            String path,
            @Nullable String query) {

        static Reference read(String written) {
            String text = cleaned(written);
            int end = text.length();
            int fragment = text.indexOf('#');
            end = fragment < 0 ? end : fragment;
            int question = text.indexOf('?');
            int pathEnd = question < 0 || question > end ? end : question;
            String query = pathEnd == end ? null : text.substring(pathEnd + 1, end);

            int at = 0;
            String scheme = null;
            int colon = text.indexOf(':');
            int slash = text.indexOf('/');
            if (colon > 0 && colon < pathEnd && (slash < 0 || colon < slash)) {
                scheme = text.substring(0, colon);
                at = colon + 1;
            }
            String authority = null;
            if (at + 2 <= pathEnd && text.startsWith("//", at)) {
                int start = at + 2;
                int next = text.indexOf('/', start);
                at = next < 0 || next > pathEnd ? pathEnd : next;
                authority = text.substring(start, at);
            }
            return new Reference(scheme, authority, text.substring(at, pathEnd), query);
        }

        /// What the URL standard of browsers strips: line breaks and tabs anywhere, blanks at the ends,
        /// and the backslash that people write for a slash.
        private static String cleaned(String written) {
            String text = written.strip();
            if (text.indexOf('\t') >= 0 || text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0) {
                text = text.replace("\t", "").replace("\r", "").replace("\n", "");
            }
            if (text.indexOf('\\') < 0) {
                return text;
            }
            int end = text.indexOf('?');
            String head = end < 0 ? text : text.substring(0, end);
            return head.replace('\\', '/') + (end < 0 ? "" : text.substring(end));
        }
    }
}
