package org.millrace.trainer.torch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// One state of a run as a file: `docs/formats/training-state.md`. Whole or not there; its last 32
/// bytes are the SHA-256 of all before.
final class StateFile {

    private static final long MAGIC = 0x4D494C4C52545331L; // "MILLRTS1"
    private static final String DRAFT = "next.tmp";
    private static final int HASH = 32;
    private static final int PIECE = 1 << 20;

    private StateFile() {}

    /// Writes beside the target, forces it to the disk, renames, forces the folder. What was written
    /// until it failed is removed; what a killed writer left, the next overwrites.
    static void write(Path target, TrainingState state) throws IOException {
        Path temporary = target.resolveSibling(DRAFT);
        try {
            draft(temporary, state);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException stays) {
                e.addSuppressed(stays);
            }
            throw e;
        }
        Path folder = target.toAbsolutePath().getParent();
        if (folder != null) {
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
    }

    private static void draft(Path temporary, TrainingState state) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel channel = FileChannel.open(
                        temporary,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING);
                OutputStream file =
                        new BufferedOutputStream(java.nio.channels.Channels.newOutputStream(channel), PIECE);
                DataOutputStream out = new DataOutputStream(new DigestOutputStream(file, digest))) {
            out.writeLong(MAGIC);
            out.writeInt(state.numbers().size());
            for (Map.Entry<String, double[]> numbers : state.numbers().entrySet()) {
                out.writeUTF(numbers.getKey());
                out.writeInt(numbers.getValue().length);
                for (double value : numbers.getValue()) {
                    out.writeDouble(value);
                }
            }
            out.writeInt(state.tensors().size());
            for (Map.Entry<String, Tensor> tensor : state.tensors().entrySet()) {
                out.writeUTF(tensor.getKey());
                out.writeLong(tensor.getValue().numel());
                copy(tensor.getValue(), (bytes, piece, count) -> {
                    bytes.get(piece, 0, count);
                    out.write(piece, 0, count);
                });
            }
            out.flush();
            file.write(digest.digest());
            file.flush();
            channel.force(true);
        }
    }

    /// Fills a state's tensors and numbers from a file, once its hash was found right.
    ///
    /// @param state names what is expected
    /// @throws Damaged if the file is not what was written, or of another run's shape; nothing was
    ///     changed then
    static void read(Path source, TrainingState state) throws IOException, Damaged {
        try {
            verify(source);
            check(source, state);
        } catch (IOException e) { // the disk cannot read it
            throw new Damaged(source, String.valueOf(e));
        }
        try (DataInputStream in = open(source)) {
            in.readLong();
            for (int left = in.readInt(); left > 0; left--) {
                state.overwrite(in.readUTF(), numbers(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                Tensor tensor = state.tensor(in.readUTF());
                in.readLong();
                copy(tensor, (bytes, piece, count) -> {
                    in.readFully(piece, 0, count);
                    bytes.put(piece, 0, count);
                });
            }
        }
    }

    /// Not the file that was written.
    static final class Damaged extends Exception {

        private static final long serialVersionUID = 1L;

        Damaged(Path file, String what) {
            super(file + ": " + what);
        }
    }

    private static void verify(Path source) throws IOException, Damaged {
        long length = Files.size(source);
        MessageDigest digest = sha256();
        try (InputStream file = new BufferedInputStream(Files.newInputStream(source), PIECE);
                DigestInputStream in = new DigestInputStream(file, digest)) {
            byte[] piece = new byte[PIECE];
            for (long left = length - HASH; left > 0; ) {
                int count = in.readNBytes(piece, 0, (int) Math.min(piece.length, left));
                if (count == 0) {
                    break;
                }
                left -= count;
            }
            if (!Arrays.equals(digest.digest(), file.readNBytes(HASH))) {
                throw new Damaged(source, "expected the SHA-256 that its last 32 bytes say, got another");
            }
        }
    }

    private static void check(Path source, TrainingState state) throws IOException, Damaged {
        try (DataInputStream in = open(source)) {
            if (in.readLong() != MAGIC) {
                throw new Damaged(source, "expected a training state, got another kind of file");
            }
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                String name = in.readUTF();
                double[] values = numbers(in);
                if (!state.takes(name, values)) {
                    throw new Damaged(source, "numbers \"%s\": not those of this plan and data".formatted(name));
                }
            }
            int tensors = in.readInt();
            if (count != state.numbers().size() || tensors != state.tensors().size()) {
                throw new Damaged(
                        source,
                        "expected %d numbers and %d tensors, got %d and %d"
                                .formatted(
                                        state.numbers().size(), state.tensors().size(), count, tensors));
            }
            for (int i = 0; i < tensors; i++) {
                String name = in.readUTF();
                long numel = in.readLong();
                Tensor own = state.tensors().get(name);
                if (own == null || own.numel() != numel) {
                    throw new Damaged(source, "tensor \"%s\": not one of this run".formatted(name));
                }
                in.skipNBytes(numel * Float.BYTES);
            }
        }
    }

    private static DataInputStream open(Path source) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(source), PIECE));
    }

    private static double[] numbers(DataInputStream in) throws IOException {
        double[] values = new double[in.readInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readDouble();
        }
        return values;
    }

    private interface Piece {
        void move(BytePointer bytes, byte[] piece, int count) throws IOException;
    }

    /// Goes over the bytes of an fp32 tensor.
    private static void copy(Tensor tensor, Piece work) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            long bytes = tensor.numel() * Float.BYTES;
            byte[] piece = new byte[(int) Math.min(PIECE, bytes)];
            for (long at = 0; at < bytes; at += piece.length) {
                BytePointer place = new BytePointer(tensor.data_ptr_float()).position(at);
                work.move(place, piece, (int) Math.min(piece.length, bytes - at));
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
