package org.millrace.trainer.torch;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/// All that the next step depends on: tensors in place, and numbers.
final class TrainingState {

    /// A part of a run that has something to remember.
    interface Part {

        /// Names its tensors, which may be overwritten, and its numbers of this moment.
        void tell(TrainingState state);

        /// Takes its numbers from a state; its tensors hold theirs already.
        void take(TrainingState state);

        /// The same part of a run that has several of the kind.
        ///
        /// @param name that tells it from the others
        default Part named(String name) {
            return new Part() {
                @Override
                public void tell(TrainingState state) {
                    Part.this.tell(state.within(name));
                }

                @Override
                public void take(TrainingState state) {
                    Part.this.take(state.within(name));
                }
            };
        }
    }

    private enum Kind {
        /// As many as are told may come.
        SIZED,
        /// However many may come.
        FREE,
        /// What is told must come.
        FIXED
    }

    private final String prefix;
    private final SortedMap<String, Tensor> tensors;
    private final SortedMap<String, double[]> numbers;
    private final SortedMap<String, Kind> kinds;

    TrainingState() {
        this("", new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    private TrainingState(
            String prefix,
            SortedMap<String, Tensor> tensors,
            SortedMap<String, double[]> numbers,
            SortedMap<String, Kind> kinds) {
        this.prefix = prefix;
        this.tensors = tensors;
        this.numbers = numbers;
        this.kinds = kinds;
    }

    /// This state as one of several parts of a kind sees it.
    private TrainingState within(String name) {
        return new TrainingState(prefix + name + ".", tensors, numbers, kinds);
    }

    void put(String name, Tensor tensor) {
        tensors.put(prefix + name, tensor);
    }

    void put(String name, double... values) {
        put(name, Kind.SIZED, values);
    }

    /// Numbers of which there may be more or fewer in another state.
    void putAny(String name, double... values) {
        put(name, Kind.FREE, values);
    }

    /// Numbers that are the same in every state of this run.
    void require(String name, double... values) {
        put(name, Kind.FIXED, values);
    }

    private void put(String name, Kind kind, double... values) {
        numbers.put(prefix + name, values);
        kinds.put(prefix + name, kind);
    }

    /// Whether these may take the place of those that were told.
    boolean takes(String fullName, double[] values) {
        double[] own = numbers.get(fullName);
        Kind kind = kinds.get(fullName);
        if (own == null || kind == null) {
            return false;
        }
        return switch (kind) {
            case SIZED -> own.length == values.length;
            case FREE -> true;
            case FIXED -> Arrays.equals(own, values);
        };
    }

    /// @param fullName as [#numbers()] has it
    void overwrite(String fullName, double[] values) {
        numbers.put(fullName, values);
    }

    double[] numbers(String name) {
        double[] values = numbers.get(prefix + name);
        if (values == null) {
            throw new IllegalArgumentException("no numbers " + prefix + name);
        }
        return values;
    }

    Tensor tensor(String name) {
        Tensor tensor = tensors.get(prefix + name);
        if (tensor == null) {
            throw new IllegalArgumentException("no tensor " + prefix + name);
        }
        return tensor;
    }

    SortedMap<String, Tensor> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    SortedMap<String, double[]> numbers() {
        return Collections.unmodifiableSortedMap(numbers);
    }
}
