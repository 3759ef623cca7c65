package org.millrace.crawler.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentCodingTest {

    private static final String TEXT = "main text, twice: main text\n".repeat(3);

    /// [#TEXT] by a Brotli encoder at quality 9.
    private static final String TEXT_IN_BROTLI = "1b5300000472713ea13f0f28b320088a06e525cf0c9454c5ddd61cee77f04ca2893a";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "identity",
                "gzip",
                "x-gzip",
                "GZIP",
                "deflate",
                "raw",
                "br",
                "zstd",
                "gzip, gzip",
                "gzip, zstd",
                "br, gzip",
                "br,zstd , deflate",
                "deflate, identity, raw"
            })
    void whatWasEncodedComesOut(String codings) throws IOException {
        byte[] body = TEXT.getBytes(UTF_8);
        for (String name : ContentCoding.names(List.of(codings))) {
            body = encoded(name, body);
        }

        assertThat(decoded(body, codings.replace("raw", "deflate"))).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd", "gzip, br"})
    void nothingStaysNothing(String codings) throws IOException {
        assertThat(decoded(new byte[0], codings)).isEmpty();
    }

    @Test
    void severalFieldsAreOneList() {
        assertThat(ContentCoding.names(List.of("gzip, BR", " identity", "zstd")))
                .containsExactly("gzip", "br", "zstd");
    }

    @Test
    void membersFollowOneAnother() throws IOException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(encoded("gzip", "one ".getBytes(UTF_8)));
        both.writeBytes(encoded("gzip", "two".getBytes(UTF_8)));

        assertThat(decoded(both.toByteArray(), "gzip")).isEqualTo("one two");
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "gzip, rot13", "gzip,gzip,gzip,gzip,gzip"})
    void whatWasNotAskedForIsRefused(String codings) {
        assertThatThrownBy(() -> decoded(new byte[] {1, 2, 3}, codings)).isInstanceOf(IOException.class);
    }

    @Test
    void theEncodedBodyIsBoundedToo() {
        byte[] noise = new byte[5_000];
        new java.util.Random(7).nextBytes(noise);

        assertThatThrownBy(() -> {
                    try (InputStream in = ContentCoding.decoded(
                            new ByteArrayInputStream(encoded("gzip", noise)), List.of("gzip"), 4_000)) {
                        in.readNBytes(100_000);
                    }
                })
                .isInstanceOf(ContentCoding.TooLong.class)
                .hasMessage("encoded body: expected at most 4000 bytes, got more");
    }

    private static String decoded(byte[] body, String codings) throws IOException {
        try (InputStream in =
                ContentCoding.decoded(new ByteArrayInputStream(body), ContentCoding.names(List.of(codings)), 100_000)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static byte[] encoded(String name, byte[] body) throws IOException {
        if (name.equals("br")) {
            assertThat(body).asString(UTF_8).as("brotli comes first").isEqualTo(TEXT);
            return HexFormat.of().parseHex(TEXT_IN_BROTLI);
        }
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        try (OutputStream out =
                switch (name) {
                    case "gzip", "x-gzip" -> new GZIPOutputStream(encoded);
                    case "deflate" -> new DeflaterOutputStream(encoded);
                    case "raw" -> new DeflaterOutputStream(encoded, new Deflater(9, true));
                    case "zstd" -> new ZstdOutputStream(encoded);
                    default -> throw new IllegalArgumentException(name);
                }) {
            out.write(body);
        }
        return encoded.toByteArray();
    }
}
