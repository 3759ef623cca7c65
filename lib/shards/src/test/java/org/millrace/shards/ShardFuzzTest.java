package org.millrace.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Valid files, changed at random. With a checksum that is wrong they are refused. With one that is right,
/// because somebody wants the shard to be read, they are refused too, or say what the writer would say.
class ShardFuzzTest {

    private static final int MUTATIONS = 2_000;

    /// Numbers that break sums and sizes.
    private static final long[] EDGES = {
        0, 1, -1, 7, 8, 255, 65_535, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 32, 1L << 61, Long.MAX_VALUE
    };

    /// What opening a file of a few hundred bytes may allocate: it maps the file, and decodes ids.
    private static final long MOST_ALLOCATED_BYTES = 1 << 20;

    private static final List<Path> VALID = List.of(
            Path.of("src", "test", "resources", "conversations-v1.shard"),
            Path.of("src", "test", "resources", "documents-v1.shard"));

    /// Classes that are loaded for the first shard do not count.
    @BeforeAll
    static void openOne() {
        assertThat(catchThrowable(() -> Shard.open(Path.of("pom.xml")))).isInstanceOf(IOException.class);
        for (Path valid : VALID) {
            assertThatCode(() -> Shard.open(valid).close()).doesNotThrowAnyException();
        }
    }

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path dir;

    @Test
    void whatIsDamagedIsRefused() throws IOException {
        Random random = new Random(1);
        Path file = dir.resolve("damaged.shard");
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] valid = Files.readAllBytes(VALID.get(i % VALID.size()));
            byte[] damaged = random.nextInt(4) == 0 ? resized(valid, random) : changed(valid, random);
            if (Arrays.equals(valid, damaged)) {
                continue;
            }
            Files.write(file, damaged);
            assertRefused(file, i);
        }
    }

    /// A file that is read is byte for byte what the writer makes of what was read: so nothing was
    /// taken for something else, and nothing was passed over.
    @Test
    void whatIsForgedIsRefusedOrIsAShard() throws IOException {
        Random random = new Random(2);
        Path file = dir.resolve("forged.shard");
        Path again = dir.resolve("again.shard");
        int read = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] valid = Files.readAllBytes(VALID.get(i % VALID.size()));
            byte[] body = changed(Arrays.copyOf(valid, valid.length - Layout.CHECKSUM_BYTES), random);
            byte[] forged = Arrays.copyOf(body, valid.length);
            System.arraycopy(ShardWriter.sha256().digest(body), 0, forged, body.length, Layout.CHECKSUM_BYTES);
            Files.write(file, forged);
            try (Shard shard = Shard.open(file)) {
                ShardWriter.write(again, shard.header(), contents(shard));
                read++;
            } catch (IOException e) {
                assertRefused(file, i);
                continue;
            }
            assertThat(Files.readAllBytes(again)).as("mutation %d", i).isEqualTo(forged);
        }
        assertThat(read).isBetween(MUTATIONS / 100, MUTATIONS / 2); // else one of the two is not tried
    }

    private void assertRefused(Path file, int mutation) {
        long before = threads.getCurrentThreadAllocatedBytes();
        Throwable thrown = catchThrowable(() -> Shard.open(file));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(thrown)
                .as("mutation %d", mutation)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": ");
        assertThat(allocated).as("bytes allocated for mutation %d", mutation).isLessThan(MOST_ALLOCATED_BYTES);
    }

    private static List<Sequence> contents(Shard shard) {
        List<Sequence> contents = new ArrayList<>();
        for (int i = 0; i < shard.sequences(); i++) {
            contents.add(
                    shard.isMasked()
                            ? new Sequence(shard.id(i), shard.tokens(i), shard.targets(i), shard.textBytes(i))
                            : new Sequence(shard.id(i), shard.tokens(i), shard.textBytes(i)));
        }
        return contents;
    }

    /// One to three places: another byte, or another number where numbers are.
    private static byte[] changed(byte[] valid, Random random) {
        byte[] changed = valid.clone();
        ByteBuffer numbers = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            long edge = EDGES[random.nextInt(EDGES.length)];
            switch (random.nextInt(3)) {
                case 0 -> changed[random.nextInt(changed.length)] = (byte) random.nextInt();
                case 1 -> numbers.putInt(random.nextInt(changed.length / 4) * 4, (int) edge);
                default -> numbers.putLong(random.nextInt(changed.length / 8) * 8, edge);
            }
        }
        return changed;
    }

    /// Cut off, made longer, or with a piece taken out of its middle.
    private static byte[] resized(byte[] valid, Random random) {
        int at = random.nextInt(valid.length);
        return switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(valid, at);
            case 1 -> Arrays.copyOf(valid, valid.length + 1 + random.nextInt(64));
            default -> {
                int length = 1 + random.nextInt(valid.length - at);
                byte[] pieced = Arrays.copyOf(valid, valid.length - length);
                System.arraycopy(valid, at + length, pieced, at, pieced.length - at);
                yield pieced;
            }
        };
    }
}
