package org.millrace.cleaner.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Bytes to characters. Declarations are claims: valid UTF-8 with letters beyond ASCII is UTF-8
/// whatever the page says, because no other text is that by chance; and a declared charset in which
/// the bytes make no text gives way to one in which they do.
///
/// ```text
///   byte order mark ─► zero bytes of UTF-16 ─► valid UTF-8 ─► header, meta, XML declaration,
///       if the bytes agree ─► guess ─► windows-1252
/// ```
final class CharsetDecoder {

    private static final Pattern NAME =
            Pattern.compile("charset\\s*=\\s*[\"']?\\s*([\\w:.+-]+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern XML_NAME = Pattern.compile("^\\s*<\\?xml[^>]*encoding\\s*=\\s*[\"']([\\w:.+-]+)");
    private static final Pattern META =
            Pattern.compile("<meta[^>]{0,400}charset[^>]{0,400}>", Pattern.CASE_INSENSITIVE);
    private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

    /// Names that mean more than they say, as the WHATWG encoding standard has it.
    private static final Map<String, String> MEANT = Map.ofEntries(
            Map.entry("iso-8859-1", "windows-1252"),
            Map.entry("us-ascii", "windows-1252"),
            Map.entry("iso-8859-9", "windows-1254"),
            Map.entry("iso-8859-11", "x-windows-874"),
            Map.entry("tis-620", "x-windows-874"),
            Map.entry("windows-874", "x-windows-874"),
            Map.entry("shift_jis", "windows-31j"),
            Map.entry("x-sjis", "windows-31j"),
            Map.entry("euc-kr", "x-windows-949"),
            Map.entry("ks_c_5601-1987", "x-windows-949"),
            Map.entry("gb2312", "GB18030"),
            Map.entry("gbk", "GB18030"),
            Map.entry("x-gbk", "GB18030"),
            Map.entry("big5", "Big5-HKSCS"),
            Map.entry("koi8-r", "KOI8-U"));

    /// Browsers look for `meta` in the first 1,024 bytes; generous pages start later.
    private static final int META_BYTES = 8_192;

    /// A declared charset is given up for one in which the bytes make so much more sense.
    private static final double MUCH_BETTER = 0.35;

    /// Of all bytes beyond ASCII, so many may be broken in a text that is UTF-8 all the same.
    private static final double BROKEN = 0.1;

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
        Optional<Charset> header = named(NAME, contentType);
        Optional<Charset> wide = zeroBytes(body).or(() -> header.filter(CharsetDecoder::isWide));
        if (wide.isPresent()) {
            return new String(body, wide.get());
        }
        if (hasEscapes(body)) {
            return new String(body, Charset.forName("ISO-2022-JP"));
        }
        return strictUtf8(body).orElseGet(() -> new String(body, charset(body, header)));
    }

    private static Optional<String> strictUtf8(byte[] body) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString());
        } catch (CharacterCodingException e) { // an answer, not a failure: it is another charset, or broken
            return Optional.empty();
        }
    }

    /// Of bytes that are not valid UTF-8.
    private static Charset charset(byte[] body, Optional<Charset> header) {
        Optional<Charset> declared = header.or(() -> declaredInside(body));
        if (isBrokenUtf8(body)) {
            return StandardCharsets.UTF_8;
        }
        Optional<CharsetGuess.Guess> guess = CharsetGuess.of(body);
        Optional<Charset> guessed = guess.map(CharsetGuess.Guess::charset);
        if (declared.isEmpty() || declared.get().equals(StandardCharsets.UTF_8)) {
            return guessed.orElse(WINDOWS_1252);
        }
        double sense = CharsetGuess.plausibility(body, declared.get()).orElse(1.0);
        boolean refuted = guess.isPresent() && guess.get().score() > sense + MUCH_BETTER;
        return refuted ? guessed.get() : declared.get();
    }

    /// UTF-8 with a few bytes lost, cut or pasted in: nearly all of its sequences are whole.
    private static boolean isBrokenUtf8(byte[] body) {
        int whole = 0;
        int broken = 0;
        int i = 0;
        while (i < body.length) {
            int lead = body[i] & 0xFF;
            i++;
            if (lead < 0x80) {
                continue;
            }
            int trail = lead >= 0xC2 && lead < 0xE0
                    ? 1
                    : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : -1;
            int end = Math.min(body.length, i + Math.max(0, trail));
            int at = i;
            while (at < end && (body[at] & 0xC0) == 0x80) {
                at++;
            }
            if (trail > 0 && at == i + trail) {
                whole += trail + 1;
                i = at;
            } else {
                broken++;
            }
        }
        return broken < BROKEN * whole;
    }

    private static Optional<Charset> declaredInside(byte[] body) {
        String start = new String(body, 0, Math.min(body.length, META_BYTES), StandardCharsets.ISO_8859_1);
        Matcher meta = META.matcher(start);
        Optional<Charset> declared = meta.find() ? named(NAME, meta.group()) : named(XML_NAME, start);
        // Whoever could read the declaration as ASCII was not reading UTF-16.
        return declared.map(c -> isWide(c) ? StandardCharsets.UTF_8 : c);
    }

    private static Optional<Charset> named(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            return Optional.empty();
        }
        String name = matcher.group(1);
        try {
            Charset charset = Charset.forName(MEANT.getOrDefault(name.toLowerCase(Locale.ROOT), name));
            String meant = MEANT.get(charset.name().toLowerCase(Locale.ROOT));
            return Optional.of(meant == null ? charset : Charset.forName(meant));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return Optional.empty(); // a name that nobody knows says nothing
        }
    }

    private static boolean isWide(Charset charset) {
        return charset.name().startsWith("UTF-16") || charset.name().startsWith("UTF-32");
    }

    /// Every other byte of UTF-16 is zero wherever there is markup.
    private static Optional<Charset> zeroBytes(byte[] body) {
        int[] zeros = new int[2];
        int length = Math.min(body.length, 1024) & ~1;
        for (int i = 0; i < length; i++) {
            if (body[i] == 0) {
                zeros[i & 1]++;
            }
        }
        if (zeros[1] * 6 > length && zeros[0] * 8 < zeros[1]) {
            return Optional.of(StandardCharsets.UTF_16LE);
        }
        return zeros[0] * 6 > length && zeros[1] * 8 < zeros[0]
                ? Optional.of(StandardCharsets.UTF_16BE)
                : Optional.empty();
    }

    /// The oldest encoding of Japanese, in seven bits: ESC $ B begins its characters.
    private static boolean hasEscapes(byte[] body) {
        for (int i = 0; i + 2 < body.length; i++) {
            if (body[i] < 0) {
                return false;
            }
            if (body[i] == 0x1B && body[i + 1] == '$' && (body[i + 2] == 'B' || body[i + 2] == '@')) {
                return true;
            }
        }
        return false;
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
