package org.millrace.bpe;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Decodes ids that come one by one. A token may end inside a character: its bytes wait here until
/// the rest has come, so that no character is ever cut. All pieces together are what
/// [Tokenizer#decode] makes of all ids together.
///
/// For one thread and one text.
public final class Utf8Stream {

    private final Tokenizer tokenizer;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] pending = {};

    Utf8Stream(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// The characters that are whole once this id has come; often none, never half of one.
    public String add(int id) {
        return decode(tokenizer.bytes(id), false);
    }

    /// What is left when no id comes any more: U+FFFD for a character that never became whole,
    /// or nothing. The stream may then take another text.
    public String end() {
        String rest = decode(new byte[0], true);
        decoder.reset();
        return rest;
    }

    private String decode(byte[] bytes, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length)
                .put(pending)
                .put(bytes)
                .flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        decoder.decode(in, out, last);
        if (last) {
            decoder.flush(out);
        }
        pending = new byte[in.remaining()];
        in.get(pending);
        return out.flip().toString();
    }
}
