package org.millrace.cleaner.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Bytes to characters, as browsers do it: byte order mark, then the server's header, then the
/// page's own `meta`, then UTF-8 if the bytes are valid UTF-8, then windows-1252.
final class CharsetDecoder {

    private static final Pattern NAME =
            Pattern.compile("charset\\s*=\\s*[\"']?\\s*([\\w:.+-]+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern XML_NAME = Pattern.compile("^\\s*<\\?xml[^>]*encoding\\s*=\\s*[\"']([\\w:.+-]+)");
    private static final Pattern META = Pattern.compile("<meta[^>]*charset[^>]*>", Pattern.CASE_INSENSITIVE);
    private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

    /// Browsers look for `meta` in the first 1,024 bytes; generous pages start later.
    private static final int META_BYTES = 4096;

    private CharsetDecoder() {}

    static String decode(byte[] body, String contentType) {
        if (startsWith(body, 0xEF, 0xBB, 0xBF)) {
            return new String(body, 3, body.length - 3, StandardCharsets.UTF_8);
        }
        if (startsWith(body, 0xFE, 0xFF)) {
            return new String(body, 2, body.length - 2, StandardCharsets.UTF_16BE);
        }
        if (startsWith(body, 0xFF, 0xFE)) {
            return new String(body, 2, body.length - 2, StandardCharsets.UTF_16LE);
        }
        Optional<Charset> declared = named(NAME, contentType).or(() -> declaredInside(body));
        if (declared.isPresent()) {
            return new String(body, declared.get());
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) { // not UTF-8 after all: the web's oldest habit is left
            return new String(body, WINDOWS_1252);
        }
    }

    private static Optional<Charset> declaredInside(byte[] body) {
        String start = new String(body, 0, Math.min(body.length, META_BYTES), StandardCharsets.ISO_8859_1);
        Matcher meta = META.matcher(start);
        Optional<Charset> declared = meta.find() ? named(NAME, meta.group()) : named(XML_NAME, start);
        // Whoever could read the declaration as ASCII was not reading UTF-16.
        return declared.map(c -> c.name().startsWith("UTF-16") ? StandardCharsets.UTF_8 : c);
    }

    private static Optional<Charset> named(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            return Optional.empty();
        }
        try {
            Charset charset = Charset.forName(matcher.group(1));
            boolean latin = charset.equals(StandardCharsets.ISO_8859_1) || charset.equals(StandardCharsets.US_ASCII);
            return Optional.of(latin ? WINDOWS_1252 : charset); // as the WHATWG encoding standard maps them
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return Optional.empty(); // a name that nobody knows says nothing
        }
    }

    private static boolean startsWith(byte[] body, int... mark) {
        if (body.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((body[i] & 0xFF) != mark[i]) {
                return false;
            }
        }
        return true;
    }
}
