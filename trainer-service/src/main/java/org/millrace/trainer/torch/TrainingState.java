package org.millrace.trainer.torch;

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
    }

    private final SortedMap<String, Tensor> tensors = new TreeMap<>();
    private final SortedMap<String, double[]> numbers = new TreeMap<>();

    void put(String name, Tensor tensor) {
        tensors.put(name, tensor);
    }

    void put(String name, double... values) {
        numbers.put(name, values);
    }

    double[] numbers(String name) {
        double[] values = numbers.get(name);
        if (values == null) {
            throw new IllegalArgumentException("no numbers " + name);
        }
        return values;
    }

    Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no tensor " + name);
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
