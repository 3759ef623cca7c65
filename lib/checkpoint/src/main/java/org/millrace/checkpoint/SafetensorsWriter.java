package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Writes one file of tensors, a piece in memory at a time.
final class SafetensorsWriter {

    private static final int CHUNK_FLOATS = 1 << 18;

    private SafetensorsWriter() {}

    /// In the order of their names, forced to the disk. Same tensors, same bytes.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if the file is there
    /// @throws IllegalArgumentException if a number does not fit the type; names the tensor
    static void write(
            Path file, NumberType type, SortedMap<String, ? extends TensorSource> tensors, Map<String, String> metadata)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            byte[] header = header(type, tensors, metadata);
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            drain(channel, start.putLong(header.length).put(header).flip());
            FloatBuffer piece = FloatBuffer.allocate(CHUNK_FLOATS);
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(type.bytes() * CHUNK_FLOATS).order(ByteOrder.LITTLE_ENDIAN);
            for (Map.Entry<String, ? extends TensorSource> tensor : tensors.entrySet()) {
                long count = tensor.getValue().count();
                for (long from = 0; from < count; from += CHUNK_FLOATS) {
                    piece.clear().limit((int) Math.min(CHUNK_FLOATS, count - from));
                    tensor.getValue().read(from, piece);
                    pack(tensor.getKey(), type, piece.flip(), bytes.clear());
                    drain(channel, bytes.flip());
                }
            }
            channel.force(true);
        }
    }

    private static void pack(String name, NumberType type, FloatBuffer piece, ByteBuffer bytes) {
        try {
            while (piece.hasRemaining()) {
                type.put(bytes, piece.get());
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("tensor \"%s\": %s".formatted(name, e.getMessage()), e);
        }
    }

    private static byte[] header(
            NumberType type, SortedMap<String, ? extends TensorSource> tensors, Map<String, String> metadata)
            throws JsonProcessingException {
        ObjectNode root = Json.STRICT.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode pairs = root.putObject(SafetensorsHeader.METADATA);
            new TreeMap<>(metadata).forEach(pairs::put);
        }
        long offset = 0;
        for (Map.Entry<String, ? extends TensorSource> tensor : tensors.entrySet()) {
            if (tensor.getKey().equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException("tensor name: expected anything but " + SafetensorsHeader.METADATA);
            }
            ObjectNode entry = root.putObject(tensor.getKey()).put("dtype", type.name());
            ArrayNode shape = entry.putArray("shape");
            Arrays.stream(tensor.getValue().shape()).forEach(shape::add);
            long end = offset + type.bytes() * tensor.getValue().count();
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = Json.STRICT.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, 8) * 8); // so that tensors are aligned
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void drain(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
