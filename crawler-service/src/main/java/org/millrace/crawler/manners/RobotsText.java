package org.millrace.crawler.manners;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/// Makes of a robots.txt, in whatever bytes, one in plain ASCII lines.
final class RobotsText {

    /// As much as is asked for. What was cut there may end within a line, and half a rule is another
    /// rule: `Disallow: /private` is not `Disallow: /`.
    static final int MAX_BYTES = 500 * 1024;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private RobotsText() {}

    /// Octets beyond ASCII are escaped as rules escape them (RFC 9309 section 2.2.2), whatever charset
    /// they are of; so no octet of a path can be taken for the end of a line. UTF-16 is made UTF-8, also
    /// where its byte order mark is missing.
    ///
    /// A file that begins with a tag is one that somebody wrote in HTML, or a page of the site: a tag ends
    /// a line there. Elsewhere angle brackets are octets of a path like any other. None is left for the
    /// parser, whose own search for tags takes minutes over half a megabyte of `<`.
    static byte[] plain(byte[] body) {
        byte[] octets = withoutTags(octets(body));
        int end = body.length >= MAX_BYTES ? lastLineEnd(octets) : octets.length;
        StringBuilder text = new StringBuilder(end + 64);
        int lineStart = 0;
        for (int i = 0; i < end; i++) {
            byte octet = octets[i];
            if (octet == '\n' || octet == '\r') {
                mendAgent(text, lineStart);
                text.append('\n');
                lineStart = text.length();
            } else if (octet < 0 || octet == '<' || octet == '>') {
                text.append('%').append(HEX.toHexDigits(octet));
            } else if (octet > 0) {
                text.append((char) octet);
            }
        }
        mendAgent(text, lineStart);
        return text.toString().getBytes(US_ASCII);
    }

    /// `User-agent: * (all robots)` is meant for all; only the bare star is read as that.
    private static void mendAgent(StringBuilder text, int from) {
        String line = text.substring(from);
        int colon = line.indexOf(':');
        if (colon < 0
                || !line.substring(0, colon).strip().toLowerCase(Locale.ROOT).equals("user-agent")) {
            return;
        }
        String agent = line.substring(colon + 1).strip();
        if (agent.startsWith("*") && agent.length() > 1 && Character.isWhitespace(agent.charAt(1))) {
            text.setLength(from);
            text.append("User-agent: *");
        }
    }

    private static byte[] withoutTags(byte[] octets) {
        int first = 0;
        while (first < octets.length && Character.isWhitespace(octets[first])) {
            first++;
        }
        if (first == octets.length || octets[first] != '<') {
            return octets;
        }
        byte[] text = octets.clone();
        for (int i = first, open = -1; i < text.length; i++) {
            if (text[i] == '<' && open < 0) {
                open = i;
            } else if (text[i] == '>' && open >= 0) {
                Arrays.fill(text, open, i + 1, (byte) '\n');
                open = -1;
            }
        }
        return text;
    }

    private static byte[] octets(byte[] body) {
        if (startsWith(body, 0xef, 0xbb, 0xbf)) {
            return new String(body, 3, body.length - 3, ISO_8859_1).getBytes(ISO_8859_1);
        }
        if (startsWith(body, 0xff, 0xfe) || isTwoBytes(body, 1)) {
            return utf8(body, UTF_16LE);
        }
        if (startsWith(body, 0xfe, 0xff) || isTwoBytes(body, 0)) {
            return utf8(body, UTF_16BE);
        }
        return body;
    }

    private static byte[] utf8(byte[] body, Charset charset) {
        String text = new String(body, charset);
        return (text.startsWith("\uFEFF") ? text.substring(1) : text).getBytes(UTF_8);
    }

    private static boolean startsWith(byte[] body, int... mark) {
        if (body.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((body[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    /// ASCII in UTF-16 without a byte order mark: every second octet of the start is zero.
    private static boolean isTwoBytes(byte[] body, int zeros) {
        int looked = Math.min(body.length / 2, 32);
        for (int i = 0; i < looked; i++) {
            if (body[2 * i + zeros] != 0 || body[2 * i + 1 - zeros] == 0) {
                return false;
            }
        }
        return looked > 0;
    }

    private static int lastLineEnd(byte[] octets) {
        int end = octets.length;
        while (end > 0 && octets[end - 1] != '\n' && octets[end - 1] != '\r') {
            end--;
        }
        return end;
    }
}
