package org.millrace.inference.schema;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A piece of a grammar over bytes. Two are the same only if they are one.
sealed interface Part {

    /// For [Repeat]: without end.
    int ENDLESS = Integer.MAX_VALUE;

    /// No byte.
    Part NOTHING = new Sequence(List.of());

    /// One byte of a set.
    final class OneOf implements Part {

        private final BitSet bytes = new BitSet(256);

        /// @param ranges first and last byte of each, both in it
        OneOf(int... ranges) {
            for (int i = 0; i < ranges.length; i += 2) {
                bytes.set(ranges[i], ranges[i + 1] + 1);
            }
        }

        boolean has(int value) {
            return bytes.get(value);
        }
    }

    /// These bytes, at least one.
    final class Literal implements Part {

        private final byte[] bytes;

        Literal(String text) {
            bytes = text.getBytes(StandardCharsets.UTF_8);
        }

        int length() {
            return bytes.length;
        }

        int at(int position) {
            return Byte.toUnsignedInt(bytes[position]);
        }
    }

    /// One after the other.
    final class Sequence implements Part {

        private final List<Part> parts;

        Sequence(List<Part> parts) {
            this.parts = List.copyOf(parts);
        }

        List<Part> parts() {
            return parts;
        }
    }

    /// One of them.
    final class Choice implements Part {

        private final List<Part> options;

        Choice(List<Part> options) {
            this.options = List.copyOf(options);
        }

        List<Part> options() {
            return options;
        }
    }

    /// The same, `least` to `most` times; it takes a byte at least.
    final class Repeat implements Part {

        private final Part part;
        private final int least;
        private final int most;

        Repeat(Part part, int least, int most) {
            this.part = part;
            this.least = least;
            this.most = most;
        }

        Part part() {
            return part;
        }

        int least() {
            return least;
        }

        int most() {
            return most;
        }
    }

    /// A part by name, so that it may contain itself.
    final class Reference implements Part {

        private final String name;
        private @Nullable Part part;

        Reference(String name) {
            this.name = name;
        }

        void define(Part definition) {
            part = definition;
        }

        String name() {
            return name;
        }

        Part part() {
            if (part == null) {
                throw new IllegalStateException(name + ": has not been defined");
            }
            return part;
        }
    }

    static Part sequence(Part... parts) {
        return new Sequence(List.of(parts));
    }

    static Part choice(Part... options) {
        return new Choice(List.of(options));
    }

    static Part literal(String text) {
        return new Literal(text);
    }

    static Part maybe(Part part) {
        return choice(part, NOTHING);
    }

    /// What it is made of.
    static List<Part> children(Part part) {
        return switch (part) {
            case OneOf one -> List.of();
            case Literal literal -> List.of();
            case Sequence sequence -> sequence.parts();
            case Choice choice -> choice.options();
            case Repeat repeat -> List.of(repeat.part());
            case Reference reference -> List.of(reference.part());
        };
    }
}
