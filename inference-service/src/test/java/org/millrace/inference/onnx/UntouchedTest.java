package org.millrace.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UntouchedTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long BYTES = 256 << 20;

    @Test
    void isZerosFromTheStartOfAPage() {
        try (Arena arena = Arena.ofConfined()) {
            for (long bytes : new long[] {1, 4096, 4097, (1 << 20) + 1}) {
                MemorySegment block = Untouched.allocate(arena, bytes);

                assertThat(block.byteSize()).isEqualTo(bytes);
                assertThat(block.address() % 4096).isZero();
                assertThat(block.mismatch(arena.allocate(bytes))).isEqualTo(-1);
            }
        }
    }

    @Test
    void takesMemoryWhereItIsWrittenAndGivesItBack() throws IOException {
        assumeThat(STATUS).isReadable();
        long before = resident();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = Untouched.allocate(arena, BYTES);
            assertThat(resident() - before).isLessThan(BYTES / 4);

            block.fill((byte) 1);
            assertThat(resident() - before).isGreaterThan(BYTES * 3 / 4);
        }
        assertThat(resident() - before).isLessThan(BYTES / 4);
    }

    @Test
    void moreThanThereIsIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatExceptionOfType(OutOfMemoryError.class)
                    .isThrownBy(() -> Untouched.allocate(arena, 1L << 60))
                    .withMessageContaining("1152921504606846976");
        }
    }

    private static long resident() throws IOException {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                            .findFirst()
                            .orElseThrow()
                    << 10;
        }
    }
}
