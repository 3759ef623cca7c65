package org.millrace.archives;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.netpreserve.jwarc.HttpResponse;
import org.netpreserve.jwarc.MediaType;
import org.netpreserve.jwarc.WarcCompression;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResponse;
import org.netpreserve.jwarc.WarcWriter;

/// Another implementation of the standard writes what is read here, and reads what tests here write.
class JwarcParityTest {

    @ParameterizedTest
    @EnumSource(names = {"NONE", "GZIP"})
    void whatJwarcWritesIsRead(WarcCompression compression) throws IOException {
        Random random = new Random(7);
        List<byte[]> bodies = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (WarcWriter writer = new WarcWriter(Channels.newChannel(out), compression)) {
            for (int i = 0; i < 50; i++) {
                byte[] body = new byte[random.nextInt(20_000)];
                random.nextBytes(body);
                bodies.add(body);
                writer.write(new WarcResponse.Builder(URI.create(Warcs.url(i)))
                        .date(Instant.parse("2026-01-02T03:04:05Z"))
                        .body(new HttpResponse.Builder(200, "OK")
                                .addHeader("X-Number", "" + i)
                                .body(MediaType.HTML, body)
                                .build())
                        .build());
            }
        }

        List<Capture> captures = Warcs.rest(Warcs.open(out.toByteArray()));

        assertThat(captures).hasSize(50);
        for (int i = 0; i < 50; i++) {
            assertThat(captures.get(i).url()).isEqualTo(Warcs.url(i));
            assertThat(captures.get(i).fields().first("X-Number")).isEqualTo("" + i);
            assertThat(captures.get(i).body()).isEqualTo(bodies.get(i));
        }
    }

    @Test
    void jwarcReadsTheFilesOfTheseTests() throws IOException {
        byte[] archive = Warcs.concat(Warcs.gzip(Warcs.page(1)), Warcs.gzip(Warcs.page(2)));
        List<String> bodies = new ArrayList<>();
        try (WarcReader reader = new WarcReader(new ByteArrayInputStream(archive))) {
            for (WarcRecord record : reader) {
                bodies.add(new String(
                        ((WarcResponse) record).http().body().stream().readAllBytes(), UTF_8));
            }
        }

        assertThat(bodies).containsExactly(Warcs.body(1), Warcs.body(2));
    }
}
