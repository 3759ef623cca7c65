package org.millrace.cleaner.quality;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.millrace.cleaner.language.Tokens;

/// A logistic regression on the words and pairs of words of a text. Immutable; its file is described in
/// `docs/formats/quality.md`.
public final class QualityModel {

    private static final byte[] MAGIC = "MILLQUAL".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int HEADER = 64;
    private static final int HASHED_HEADER = 32;
    private static final int FILE_BYTES = HEADER + Float.BYTES * Features.BUCKETS;

    private final float bias;
    private final float[] weights;

    /// @param weights one for each bucket; owned by the model from here on
    QualityModel(float bias, float[] weights) {
        this.bias = bias;
        this.weights = weights;
    }

    /// How likely a person would have called the text good.
    ///
    /// @return 0 to 1
    public double score(Tokens tokens) {
        return score(Features.of(tokens));
    }

    double score(int[] features) {
        double sum = 0;
        for (int bucket : features) {
            sum += weights[bucket];
        }
        double scale = features.length == 0 ? 0 : 1 / Math.sqrt(features.length);
        return sigmoid(bias + sum * scale);
    }

    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /// @throws IOException if the file cannot be read, or is no model of this version, whole
    public static QualityModel read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String name = "quality model " + file + ": ";
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new IOException(name + "does not begin as one");
        }
        int version = buffer.getInt(8);
        int bits = buffer.getInt(12);
        if (version != VERSION || bits != Features.BITS) {
            throw new IOException(name
                    + "expected version %d with %d bits, got version %d with %d"
                            .formatted(VERSION, Features.BITS, version, bits));
        }
        if (bytes.length != FILE_BYTES) {
            throw new IOException(name + "expected %d bytes, got %d".formatted(FILE_BYTES, bytes.length));
        }
        if (!MessageDigest.isEqual(hash(bytes), Arrays.copyOfRange(bytes, HASHED_HEADER, HEADER))) {
            throw new IOException(name + "its SHA-256 is not the one that it names: the file is damaged");
        }
        float[] weights = new float[Features.BUCKETS];
        buffer.position(HEADER)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(weights);
        return new QualityModel(buffer.getFloat(16), weights);
    }

    /// Whole or not at all: readers never see half a file.
    public void write(Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(FILE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(MAGIC).putInt(VERSION).putInt(Features.BITS).putFloat(bias);
        buffer.position(HEADER);
        for (float weight : weights) {
            buffer.putFloat(weight);
        }
        buffer.put(HASHED_HEADER, hash(buffer.array()));
        Path target = file.toAbsolutePath();
        Path parent = target.getParent();
        Path part = Files.createTempFile(parent == null ? target : parent, "quality-", ".part");
        try {
            Files.write(part, buffer.array());
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /// Of everything but the hash itself.
    private static byte[] hash(byte[] bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, HASHED_HEADER);
            digest.update(bytes, HEADER, bytes.length - HEADER);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
