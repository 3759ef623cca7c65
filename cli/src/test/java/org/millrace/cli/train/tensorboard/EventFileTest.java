package org.millrace.cli.train.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Read back by a reader that shares nothing with the writer, its sums bit by bit.
class EventFileTest {

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = folder.resolve("events.out.tfevents.1.millrace");
        try (EventFile events = EventFile.create(file, 12.5)) {
            events.figures(13.5, 1, new TreeMap<>(Map.of("loss_nats", 5.25, "tokens_per_second", 8000.0)));
            events.figures(14.5, 300, new TreeMap<>(Map.of("bits_per_byte", Double.NaN)));
            events.figures(15.5, 200, new TreeMap<>(Map.of("loss_nats", -0.5)));
        }

        assertThat(read(file))
                .containsExactly(
                        "12.5 step 0 version brain.Event:2",
                        "13.5 step 1 loss_nats=5.25 tokens_per_second=8000.0",
                        "14.5 step 300 bits_per_byte=NaN",
                        "15.5 step 200 session 1",
                        "15.5 step 200 loss_nats=-0.5");
    }

    /// The check value of CRC-32C (Castagnoli): both ways to take a sum are right.
    @Test
    void theSlowSumIsTheKnownOne() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        CRC32C known = new CRC32C();
        known.update(digits);

        assertThat(slowSum(digits)).isEqualTo(0xE3069283).isEqualTo((int) known.getValue());
    }

    /// Another call begins the file anew: a run is told from its first figure on.
    @Test
    void aFileIsBegunAnew() throws IOException {
        Path file = folder.resolve("events.out.tfevents.1.millrace");
        for (int i = 0; i < 2; i++) {
            EventFile.create(file, i).close();
        }

        assertThat(read(file)).containsExactly("1.0 step 0 version brain.Event:2");
    }

    private static List<String> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<String> events = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] event = new byte[Math.toIntExact(bytes.getLong())];
            byte[] length = new byte[8];
            bytes.get(bytes.position() - 8, length);
            assertThat(unmasked(bytes.getInt())).isEqualTo(slowSum(length));
            bytes.get(event);
            assertThat(unmasked(bytes.getInt())).isEqualTo(slowSum(event));
            events.add(event(CodedInputStream.newInstance(event)));
        }
        return events;
    }

    private static int unmasked(int masked) {
        return Integer.rotateLeft(masked - 0xa282ead8, 15);
    }

    /// CRC32C, reflected polynomial 0x82F63B78, a bit at a time.
    private static int slowSum(byte[] bytes) {
        int sum = -1;
        for (byte b : bytes) {
            sum ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                sum = (sum & 1) == 0 ? sum >>> 1 : sum >>> 1 ^ 0x82F63B78;
            }
        }
        return ~sum;
    }

    private static String event(CodedInputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case 1 -> text.append(in.readDouble());
                case 2 -> text.append(" step ").append(in.readInt64());
                case 3 -> text.append(" version ").append(in.readString());
                case 5 -> summary(CodedInputStream.newInstance(in.readByteArray()), text);
                case 7 -> {
                    CodedInputStream log = CodedInputStream.newInstance(in.readByteArray());
                    assertThat(WireFormat.getTagFieldNumber(log.readTag())).isEqualTo(1);
                    text.append(" session ").append(log.readEnum());
                }
                default -> throw new AssertionError("no field of an event: " + tag);
            }
        }
        return text.toString();
    }

    private static void summary(CodedInputStream in, StringBuilder text) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            assertThat(WireFormat.getTagFieldNumber(tag)).isEqualTo(1);
            CodedInputStream value = CodedInputStream.newInstance(in.readByteArray());
            assertThat(WireFormat.getTagFieldNumber(value.readTag())).isEqualTo(1);
            text.append(' ').append(value.readString());
            assertThat(WireFormat.getTagFieldNumber(value.readTag())).isEqualTo(2);
            text.append('=').append(value.readFloat());
        }
    }
}
