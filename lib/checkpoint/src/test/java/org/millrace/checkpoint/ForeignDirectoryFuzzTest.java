package org.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A small valid directory, damaged in many ways: each is refused, with a reason, or is a model after all; none
/// is believed about how much memory it needs.
class ForeignDirectoryFuzzTest {

    private static final int MUTATIONS = Integer.getInteger("millrace.fuzz.directories", 2_000);

    /// The directory has 12 KiB. An honest one takes a third of this: parsers have buffers.
    private static final long MOST_BYTES = 4 << 20;

    /// What liars write.
    private static final List<String> LIES = List.of(
            "-1",
            "0",
            "9223372036854775807",
            "99999999999999999999",
            "1e999",
            "null",
            "[]",
            "{}",
            "\"\"",
            "true",
            "4294967296",
            "\"../../etc/passwd\"",
            "\"F64\"",
            "[1,2,3]",
            "\"\\u0000\"",
            "NaN");

    private final Random random = new Random(20_261);

    @Test
    void everyDamageIsRefusedOrIsAModel(@TempDir Path temp) throws IOException {
        Path dir = temp.resolve("model");
        Checkpoint.write(
                dir,
                SampleCheckpoint.QWEN3,
                SampleCheckpoint.weights(SampleCheckpoint.QWEN3, 1),
                new WeightLayout(NumberType.BF16, 600),
                SampleCheckpoint.tokenizer(temp.resolve("tokenizer")),
                Map.of());
        Files.delete(dir.resolve("manifest.json"));
        List<Path> files;
        try (Stream<Path> all = Files.list(dir)) {
            files = all.filter(f -> f.toString().contains(".safetensors") || f.endsWith("config.json"))
                    .sorted()
                    .toList();
        }
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        open(dir); // classes are loaded
        int refused = 0;
        for (int trial = 0; trial < MUTATIONS; trial++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] whole = Files.readAllBytes(file);
            byte[] damaged = damage(whole);
            Files.write(file, damaged);
            long before = threads.getCurrentThreadAllocatedBytes();
            String problem = open(dir);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(allocated)
                    .as("trial %d, %s: bytes allocated", trial, file.getFileName())
                    .isLessThan(MOST_BYTES);
            if (!problem.isEmpty()) {
                assertThat(problem)
                        .as("trial %d", trial)
                        .contains(dir.toString())
                        .hasSizeLessThan(1_000);
                refused++;
            }
            Files.write(file, whole);
        }
        assertThat(open(dir)).isEmpty();
        assertThat(refused)
                .as("of %d; a changed weight is another weight", MUTATIONS)
                .isGreaterThan(MUTATIONS / 2);
    }

    /// Why it is refused; empty if it is a model. Anything else that is thrown fails the test.
    private static String open(Path dir) throws IOException {
        try (Checkpoint read = Checkpoint.openForeign(dir)) {
            read.config().tensors().forEach((name, shape) -> {
                assertThat(read.weights().shape(name)).isEqualTo(shape);
                read.weights().floats(name).get(0);
            });
            return "";
        } catch (CheckpointCorrupt e) {
            return String.valueOf(e.getMessage());
        }
    }

    private byte[] damage(byte[] whole) {
        return switch (random.nextInt(6)) {
            case 0 -> flipped(whole);
            case 1 -> Arrays.copyOf(whole, random.nextInt(whole.length));
            case 2 -> Arrays.copyOf(whole, whole.length + 1 + random.nextInt(64));
            case 3 -> lengthChanged(whole);
            case 4 -> spliced(whole);
            default -> lied(whole);
        };
    }

    private byte[] flipped(byte[] whole) {
        byte[] damaged = whole.clone();
        for (int i = random.nextInt(8); i >= 0; i--) {
            damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return damaged;
    }

    private byte[] lengthChanged(byte[] whole) {
        long[] lengths = {0, 1, whole.length, whole.length - 8L, -1, 100_000_000, Long.MAX_VALUE, random.nextLong()};
        byte[] damaged = whole.clone();
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(lengths[random.nextInt(lengths.length)]);
        return damaged;
    }

    /// A piece of the file once more, somewhere else.
    private byte[] spliced(byte[] whole) {
        int from = random.nextInt(whole.length);
        int length = random.nextInt(Math.min(200, whole.length - from) + 1);
        byte[] damaged = whole.clone();
        int to = random.nextInt(whole.length - length + 1);
        System.arraycopy(whole, from, damaged, to, length);
        return damaged;
    }

    /// Another value behind one of the colons, the header's length made true again.
    private byte[] lied(byte[] whole) {
        boolean tensors = whole[0] != '{';
        int start = tensors ? 8 : 0;
        int end = tensors
                ? 8
                        + (int) ByteBuffer.wrap(whole)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong()
                : whole.length;
        String json = new String(whole, start, end - start, StandardCharsets.UTF_8);
        int[] colons = java.util.stream.IntStream.range(0, json.length())
                .filter(i -> json.charAt(i) == ':')
                .toArray();
        int colon = colons[random.nextInt(colons.length)];
        String after = json.substring(colon + 1)
                .replaceFirst(
                        "^\\s*(\"[^\"]*\"|\\[[^\\]]*\\]|[^,}\\]]+)",
                        java.util.regex.Matcher.quoteReplacement(LIES.get(random.nextInt(LIES.size()))));
        byte[] lie = (json.substring(0, colon + 1) + after).getBytes(StandardCharsets.UTF_8);
        ByteBuffer damaged =
                ByteBuffer.allocate(start + lie.length + whole.length - end).order(ByteOrder.LITTLE_ENDIAN);
        if (tensors) {
            damaged.putLong(lie.length);
        }
        return damaged.put(lie).put(whole, end, whole.length - end).array();
    }
}
