package org.millrace.bpe;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Text tokens by their bytes. Immutable after construction and safe to share.
final class WholePieces {

    private final Map<ByteBuffer, Integer> ids = new HashMap<>();

    WholePieces(byte[] @Nullable [] tokens) {
        for (int id = 0; id < tokens.length; id++) {
            byte[] token = tokens[id];
            if (token != null) {
                ids.put(ByteBuffer.wrap(token), id);
            }
        }
    }

    /// @return -1 if these bytes are no token
    int id(byte[] text, int start, int end) {
        return ids.getOrDefault(ByteBuffer.wrap(text, start, end - start), -1);
    }
}
