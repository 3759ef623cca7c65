package org.millrace.cli.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Reads GGUF by the description of the format in ggml's documentation, without a line of the writer.
///
/// @param keys `Long`, `Float`, `Boolean`, `String` or a list of them
/// @param tensors by name
record GgufFile(Map<String, Object> keys, Map<String, Tensor> tensors) {

    /// @param shape innermost extent first
    /// @param scales of each block of 32, if there are any
    record Tensor(long[] shape, int type, float[] values, float[] scales) {}

    private record Info(String name, long[] shape, int type, long offset) {}

    static GgufFile read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt() != 0x46554747) {
            throw new IOException("magic");
        }
        if (in.getInt() != 3) {
            throw new IOException("version");
        }
        long tensorCount = in.getLong();
        long keyCount = in.getLong();
        Map<String, Object> keys = new LinkedHashMap<>();
        for (long i = 0; i < keyCount; i++) {
            String key = text(in);
            if (keys.put(key, value(in, in.getInt())) != null) {
                throw new IOException("twice: " + key);
            }
        }
        List<Info> infos = new ArrayList<>();
        for (long i = 0; i < tensorCount; i++) {
            String name = text(in);
            long[] shape = new long[in.getInt()];
            for (int d = 0; d < shape.length; d++) {
                shape[d] = in.getLong();
            }
            infos.add(new Info(name, shape, in.getInt(), in.getLong()));
        }
        int start = (in.position() + 31) / 32 * 32;
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        int end = start;
        for (Info info : infos) {
            if (info.offset() % 32 != 0 || start + info.offset() != (end + 31) / 32 * 32) {
                throw new IOException("offset of " + info.name());
            }
            in.position(start + (int) info.offset());
            tensors.put(info.name(), tensor(in, info));
            end = in.position();
        }
        if ((end + 31) / 32 * 32 != in.capacity()) {
            throw new IOException("length: %d behind %d".formatted(in.capacity(), end));
        }
        return new GgufFile(keys, tensors);
    }

    private static Tensor tensor(ByteBuffer in, Info info) throws IOException {
        int count = 1;
        for (long extent : info.shape()) {
            count *= (int) extent;
        }
        float[] values = new float[count];
        float[] scales = new float[info.type() == 8 ? count / 32 : 0];
        for (int i = 0; i < count; i++) {
            values[i] = switch (info.type()) {
                case 0 -> in.getFloat();
                case 1 -> Float.float16ToFloat(in.getShort());
                case 8 -> {
                    if (i % 32 == 0) {
                        scales[i / 32] = Float.float16ToFloat(in.getShort());
                    }
                    yield in.get() * scales[i / 32];
                }
                default -> throw new IOException("type " + info.type());
            };
        }
        return new Tensor(info.shape(), info.type(), values, scales);
    }

    private static Object value(ByteBuffer in, int type) throws IOException {
        return switch (type) {
            case 4 -> Integer.toUnsignedLong(in.getInt());
            case 5 -> (long) in.getInt();
            case 6 -> in.getFloat();
            case 7 -> in.get() == 1;
            case 8 -> text(in);
            case 9 -> {
                int element = in.getInt();
                long count = in.getLong();
                List<Object> all = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    all.add(value(in, element));
                }
                yield all;
            }
            default -> throw new IOException("type of key: " + type);
        };
    }

    private static String text(ByteBuffer in) {
        byte[] utf8 = new byte[(int) in.getLong()];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    Tensor tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }
}
