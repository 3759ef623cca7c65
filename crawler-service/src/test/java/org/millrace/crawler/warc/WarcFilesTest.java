package org.millrace.crawler.warc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.archives.Bounds;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.crawler.warc.WarcFiles.Place;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResponse;
import org.netpreserve.jwarc.WarcRevisit;
import org.netpreserve.jwarc.Warcinfo;

class WarcFilesTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final Map<String, String> INFO = Map.of("software", "millrace/test");

    @TempDir
    Path folder;

    @Test
    void anotherReaderFindsWhatWasCaptured() throws IOException {
        Headers headers = Headers.of(
                "Content-Type",
                "text/html; charset=utf-8",
                "Content-Encoding",
                "br",
                "Transfer-Encoding",
                "chunked",
                "Set-Cookie",
                "a=1",
                "Set-Cookie",
                "b=2");
        try (WarcFiles files = open(1 << 20)) {
            files.append(CaptureRecords.response(url(1), new Fetch.Fetched(200, bytes("<p>Mühle</p>"), headers), NOW));
            files.append(CaptureRecords.revisit(
                    url(1), new Fetch.Unchanged(Headers.of("ETag", "\"7\"")), NOW.plusSeconds(60), NOW));
            files.append(CaptureRecords.resource("file:///site/a.html", "text/html", bytes("<p>a</p>"), NOW));
        }
        Path only = folder.resolve("test-20260102030405-00001.warc.gz");
        assertThat(folder).isDirectoryContaining(only::equals);

        List<WarcRecord> records = new ArrayList<>();
        try (WarcReader reader = new WarcReader(only)) {
            reader.calculateBlockDigest();
            for (WarcRecord record : reader) {
                records.add(record);
                switch (record) {
                    case Warcinfo info -> {
                        assertThat(info.filename()).contains(only.getFileName().toString());
                        assertThat(info.fields().first("software")).contains("millrace/test");
                    }
                    case WarcResponse response -> {
                        assertThat(response.target()).isEqualTo("https://example.org/1");
                        assertThat(response.date()).isEqualTo(NOW);
                        assertThat(response.http().status()).isEqualTo(200);
                        assertThat(response.http().headers().all("Set-Cookie")).containsExactly("a=1", "b=2");
                        assertThat(response.http().headers().first("Content-Encoding"))
                                .isEmpty();
                        assertThat(response.http().headers().first("X-Crawler-Content-Encoding"))
                                .contains("br");
                        assertThat(response.http().headers().first("X-Crawler-Transfer-Encoding"))
                                .contains("chunked");
                        byte[] body = response.http().body().stream().readAllBytes();
                        assertThat(body).asString(UTF_8).isEqualTo("<p>Mühle</p>");
                        assertThat(response.http().headers().first("Content-Length"))
                                .contains("" + body.length);
                        assertThat(response.payloadDigest().orElseThrow().toString())
                                .isEqualTo("sha1:"
                                        + response.payloadDigest().orElseThrow().base32());
                    }
                    case WarcRevisit revisit -> {
                        assertThat(revisit.profile()).isEqualTo(WarcRevisit.SERVER_NOT_MODIFIED_1_1);
                        assertThat(revisit.refersToDate()).contains(NOW);
                        assertThat(revisit.http().status()).isEqualTo(304);
                    }
                    default -> assertThat(record.type()).isEqualTo("resource");
                }
            }
        }
        assertThat(records).extracting(WarcRecord::type).containsExactly("warcinfo", "response", "revisit", "resource");
    }

    @Test
    void digestsAreThoseOfTheBytes() throws IOException {
        try (WarcFiles files = open(1 << 20)) {
            files.append(page(1));
        }
        try (WarcReader reader = new WarcReader(folder.resolve("test-20260102030405-00001.warc.gz"))) {
            reader.calculateBlockDigest();
            reader.next();
            WarcRecord record = reader.next().orElseThrow();

            assertThat(record.blockDigest()).isEqualTo(record.calculatedBlockDigest());
        }
    }

    /// Noise is stored as it is, and so are gzip files in it that are shorter than a block (16 KiB).
    @Test
    void aRecordThatHoldsGzipFilesIsNotCutInTwo() throws IOException {
        byte[] first = zipped(noise(1, 1_500));
        byte[] second = zipped(noise(2, 1_500));
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(noise(3, 20_000)); // more than the first block, which the header of the record has a part in
        body.write(first);
        body.write(second);
        body.write(noise(4, 1_500));
        byte[] record = CaptureRecords.response(url(1), new Fetch.Fetched(200, body.toByteArray(), Headers.NONE), NOW);
        int start = new String(record, ISO_8859_1).indexOf(new String(first, ISO_8859_1));
        int between = start + first.length;
        int end = between + second.length;
        assertThat(start).isPositive();
        assertThat(Arrays.equals(record, between, end, second, 0, second.length))
                .isTrue();

        whereverItIsTornItIsCutAway(
                record,
                IntStream.concat(
                        IntStream.of(0, start, between - 1, between, between + 1, between + 4, end - 1, end, end + 1),
                        IntStream.iterate(3, torn -> torn < record.length, torn -> torn + 97)));
    }

    private void whereverItIsTornItIsCutAway(byte[] record, IntStream lengths) throws IOException {
        WarcFiles.Place whole;
        try (WarcFiles files = open(1 << 20)) {
            files.append(page(1));
            whole = files.append(record);
        }
        Path only = folder.resolve(whole.file());
        for (int torn : lengths.toArray()) {
            Files.write(only, Arrays.copyOf(record, torn), StandardOpenOption.APPEND);
            try (WarcFiles files = open(1 << 20)) {
                assertThat(files.end()).as("torn at %d", torn).isEqualTo(whole);
            }
            assertThat(only).hasSize(whole.bytes());
        }
    }

    @Test
    void whatADiskLeftBehindTheLastRecordIsCutOff() throws IOException {
        WarcFiles.Place end;
        try (WarcFiles files = open(1 << 20)) {
            files.append(page(1));
            end = files.append(page(2));
        }
        Files.write(folder.resolve(end.file()), new byte[100_000], StandardOpenOption.APPEND);

        try (WarcFiles files = open(1 << 20)) {
            assertThat(files.end()).isEqualTo(end);
        }
    }

    private static byte[] noise(int seed, int length) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    private static byte[] zipped(byte[] bytes) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(bytes);
        }
        return zipped.toByteArray();
    }

    @Test
    void aFullFileIsFollowedByAnother() throws IOException {
        try (WarcFiles files = open(2_000)) {
            for (int i = 0; i < 20; i++) {
                files.append(page(i));
            }
            assertThat(files.written()).hasSizeBetween(3, 19);
            assertThat(files.written())
                    .extracting(file -> file.getFileName().toString())
                    .startsWith("test-20260102030405-00001.warc.gz", "test-20260102030405-00002.warc.gz");
        }
        try (WarcFiles files = open(2_000)) {
            files.append(page(20));
        }

        assertThat(captured()).extracting(Capture::url).isEqualTo(urls(0, 21));
    }

    @Test
    void whereverAFileIsCutTheNextWriterGoesOnBehindTheLastWholeRecord() throws IOException {
        long[] ends = new long[4];
        try (WarcFiles files = open(1 << 20)) {
            for (int i = 0; i < ends.length; i++) {
                ends[i] = files.append(page(i)).bytes();
            }
        }
        Path file = folder.resolve("test-20260102030405-00001.warc.gz");
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(11);
        for (int i = 0; i < 200; i++) {
            int length = random.nextInt(whole.length + 1);
            Files.write(file, Arrays.copyOf(whole, length));
            int expected =
                    (int) Arrays.stream(ends).filter(end -> end <= length).count();

            try (WarcFiles files = open(1 << 20)) {
                files.append(page(99));
            }

            List<Capture> left = captured();
            assertThat(left).as("cut at %d", length).hasSize(expected + 1);
            assertThat(left.getLast().url()).isEqualTo(url(99).toString());
        }
    }

    @Test
    void aTailOfRubbishIsCutAwayToo() throws IOException {
        try (WarcFiles files = open(1 << 20)) {
            files.append(page(1));
        }
        Path file = folder.resolve("test-20260102030405-00001.warc.gz");
        byte[] rubbish = new byte[200_000];
        new Random(3).nextBytes(rubbish);
        rubbish[5] = 0x1f;
        rubbish[6] = (byte) 0x8b;
        rubbish[7] = 8;
        rubbish[8] = 0;
        Files.write(file, rubbish, StandardOpenOption.APPEND);

        try (WarcFiles files = open(1 << 20)) {
            files.append(page(2));
        }

        assertThat(captured()).extracting(Capture::url).containsExactly(url(1).toString(), url(2).toString());
    }

    @Test
    void whatWasWrittenInVainIsTakenBack() throws IOException {
        try (WarcFiles files = open(1 << 20)) {
            Place first = files.append(page(1));
            files.append(page(2));
            files.cut(first);
            assertThat(files.end()).isEqualTo(first);
            files.append(page(3));
        }

        assertThat(captured()).extracting(Capture::url).containsExactly(url(1).toString(), url(3).toString());
    }

    @Test
    void filesOfOthersAreLeftAlone() throws IOException {
        Path other = Files.writeString(folder.resolve("other-20260102030405-00009.warc.gz"), "not ours");
        try (WarcFiles files = open(1 << 20)) {
            files.append(page(1));
            assertThat(files.written()).hasSize(1);
        }

        assertThat(other).hasContent("not ours");
    }

    private WarcFiles open(long maxBytes) throws IOException {
        return WarcFiles.open(folder, "test", maxBytes, INFO, InstantSource.fixed(NOW));
    }

    private List<Capture> captured() throws IOException {
        List<Capture> all = new ArrayList<>();
        try (Captures captures = Captures.of(folder, new Bounds(1 << 20, Bounds.HEAD))) {
            for (Optional<Capture> next = captures.next(); next.isPresent(); next = captures.next()) {
                all.add(next.get());
            }
            assertThat(captures.tally().isDamaged()).isFalse();
        }
        return all;
    }

    private static byte[] page(int number) {
        byte[] noise = new byte[300];
        new Random(number).nextBytes(noise);
        return CaptureRecords.response(
                url(number), new Fetch.Fetched(200, noise, Headers.of("Content-Type", "text/html")), NOW);
    }

    private static List<String> urls(int from, int to) {
        List<String> urls = new ArrayList<>();
        for (int i = from; i < to; i++) {
            urls.add(url(i).toString());
        }
        return urls;
    }

    private static NormalUrl url(int number) {
        return NormalUrl.of("https://example.org/" + number).orElseThrow();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
