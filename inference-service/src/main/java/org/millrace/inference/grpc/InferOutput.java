package org.millrace.inference.grpc;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.millrace.proto.inference.InferTensorContents;

/// What ModelInfer gives for each prompt, in both encodings of the protocol.
enum InferOutput {
    /// The answers, UTF-8.
    TEXT("BYTES"),
    /// How many ids were drawn for each.
    TOKENS("INT32");

    private final String datatype;

    InferOutput(String datatype) {
        this.datatype = datatype;
    }

    static InferOutput named(String field, String name) {
        return Arrays.stream(values())
                .filter(output -> output.tensor().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("%s: expected one of %s, got \"%s\""
                        .formatted(
                                field,
                                Arrays.stream(values()).map(InferOutput::tensor).toList(),
                                name)));
    }

    String tensor() {
        return name().toLowerCase(Locale.ROOT);
    }

    String datatype() {
        return datatype;
    }

    InferTensorContents contents(List<WholeAnswer> answers) {
        var contents = InferTensorContents.newBuilder();
        for (WholeAnswer answer : answers) {
            switch (this) {
                case TEXT -> contents.addBytesContents(ByteString.copyFromUtf8(answer.text()));
                case TOKENS -> contents.addIntContents(answer.tokens());
            }
        }
        return contents.build();
    }

    ByteString raw(List<WholeAnswer> answers) {
        ByteString raw = ByteString.EMPTY;
        for (WholeAnswer answer : answers) {
            switch (this) {
                case TEXT -> {
                    ByteString text = ByteString.copyFromUtf8(answer.text());
                    raw = raw.concat(littleEndian(text.size())).concat(text);
                }
                case TOKENS -> raw = raw.concat(littleEndian(answer.tokens()));
            }
        }
        return raw;
    }

    private static ByteString littleEndian(int value) {
        return ByteString.copyFrom(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .flip());
    }
}
