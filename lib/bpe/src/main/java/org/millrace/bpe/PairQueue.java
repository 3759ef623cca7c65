package org.millrace.bpe;

import java.util.Arrays;
import java.util.List;

/// The pairs by how frequent they are: the most frequent first, of equals the one with the smaller bytes (left,
/// then right). A binary heap with one place for each pair. Where a count falls, the pair stays where it is, and
/// is put right when it comes out; where one rises, it has to be said. For one thread.
final class PairQueue {

    private static final int OUTSIDE = -1;

    private final PairIndex pairs;
    private final List<byte[]> tokens;
    private int[] heap = new int[1 << 12];
    private int size;
    /// By number: its place in the heap, and the count that it has there.
    private int[] positions = new int[0];
    private long[] counts = new long[0];

    /// @param tokens bytes of each token, by id; grows meanwhile
    PairQueue(PairIndex pairs, List<byte[]> tokens) {
        this.pairs = pairs;
        this.tokens = tokens;
    }

    /// The count of the pair may have risen; or the pair is new.
    void risen(int number) {
        if (number >= positions.length) {
            int known = positions.length;
            positions = Arrays.copyOf(positions, Math.max(2 * known, pairs.size()));
            Arrays.fill(positions, known, positions.length, OUTSIDE);
            counts = Arrays.copyOf(counts, positions.length);
        }
        long count = pairs.count(number);
        if (positions[number] == OUTSIDE) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            counts[number] = count;
            up(size++, number);
        } else if (count > counts[number]) {
            counts[number] = count;
            up(positions[number], number);
        }
    }

    /// Takes out the most frequent pair that stands somewhere at least twice.
    ///
    /// @return -1 if there is none
    int removeFirst() {
        while (size > 0) {
            int first = heap[0];
            long count = pairs.count(first);
            if (count == counts[first] && count > 1) {
                removeHead();
                return first;
            }
            if (count > 1) {
                counts[first] = count;
                down(0, first);
            } else {
                removeHead();
            }
        }
        return -1;
    }

    private void removeHead() {
        positions[heap[0]] = OUTSIDE;
        size--;
        if (size > 0) {
            down(0, heap[size]);
        }
    }

    private void up(int from, int number) {
        int at = from;
        while (at > 0 && isBefore(number, heap[(at - 1) >> 1])) {
            place(at, heap[(at - 1) >> 1]);
            at = (at - 1) >> 1;
        }
        place(at, number);
    }

    private void down(int from, int number) {
        int at = from;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], number)) {
                break;
            }
            place(at, heap[child]);
            at = child;
        }
        place(at, number);
    }

    private void place(int at, int number) {
        heap[at] = number;
        positions[number] = at;
    }

    private boolean isBefore(int one, int other) {
        if (counts[one] != counts[other]) {
            return counts[one] > counts[other];
        }
        int byLeft = Arrays.compareUnsigned(tokens.get(pairs.left(one)), tokens.get(pairs.left(other)));
        return byLeft != 0
                ? byLeft < 0
                : Arrays.compareUnsigned(tokens.get(pairs.right(one)), tokens.get(pairs.right(other))) < 0;
    }
}
