package org.millrace.cli.train.tensorboard;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.zip.CRC32C;

/// An event file of TensorBoard, written as figures come; each is on the disk when its call returns.
///
/// ```text
/// file    = record*
/// record  = length: u64 LE, masked CRC32C of those 8 bytes: u32 LE,
///           event: bytes,   masked CRC32C of them: u32 LE
/// masked  = rotate_right(crc, 15) + 0xa282ead8
/// Event   = wall_time: double = 1, step: int64 = 2,
///           one of file_version: string = 3, summary: Summary = 5, session_log: SessionLog = 7
/// Summary = repeated value = 1: { tag: string = 1, simple_value: float = 2 }
/// SessionLog = status: enum = 1, where START = 1
/// ```
///
/// - **Source:** `tensorflow/core/lib/io/record_writer.cc`, `core/util/event.proto` and
///   `core/framework/summary.proto` of TensorFlow, whose format this is.
public final class EventFile implements AutoCloseable {

    private static final String VERSION = "brain.Event:2";
    private static final int MASK = 0xa282ead8;
    private static final int START = 1;

    private final OutputStream out;
    private long last = -1;

    private EventFile(OutputStream out) {
        this.out = out;
    }

    /// Begins a file anew.
    ///
    /// @param seconds Unix epoch, of what comes first
    public static EventFile create(Path file, double seconds) throws IOException {
        EventFile events = new EventFile(Files.newOutputStream(file));
        events.record(event(seconds, 0, message -> message.writeString(3, VERSION)));
        return events;
    }

    /// The figures of a step. One that lies behind the last one says that the run goes on from an earlier
    /// state: TensorBoard then forgets what it was told of later steps.
    ///
    /// @param seconds Unix epoch
    public void figures(double seconds, long step, SortedMap<String, Double> figures) throws IOException {
        if (step < last) {
            byte[] status = message(log -> log.writeEnum(1, START));
            record(event(seconds, step, message -> message.writeByteArray(7, status)));
        }
        last = step;
        byte[] summary = message(values -> {
            for (var figure : figures.entrySet()) {
                values.writeByteArray(1, message(value -> {
                    value.writeString(1, figure.getKey());
                    value.writeFloat(2, figure.getValue().floatValue());
                }));
            }
        });
        record(event(seconds, step, message -> message.writeByteArray(5, summary)));
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private interface Writing {
        void to(CodedOutputStream message) throws IOException;
    }

    private static byte[] event(double seconds, long step, Writing what) throws IOException {
        return message(event -> {
            event.writeDouble(1, seconds);
            event.writeInt64(2, step);
            what.to(event);
        });
    }

    private static byte[] message(Writing fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream message = CodedOutputStream.newInstance(bytes);
        fields.to(message);
        message.flush();
        return bytes.toByteArray();
    }

    private void record(byte[] event) throws IOException {
        byte[] length = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(event.length)
                .array();
        out.write(ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + event.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(length)
                .putInt(masked(length))
                .put(event)
                .putInt(masked(event))
                .array());
    }

    private static int masked(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return Integer.rotateRight((int) sum.getValue(), 15) + MASK;
    }
}
