package org.millrace.bpe;

import java.util.Arrays;

/// Binary heap of ranks, lowest first. A rank may be in it more than once.
final class RankHeap {

    static final int NONE = Integer.MAX_VALUE;

    private int[] heap = new int[64];
    private int size;

    /// The lowest; [#NONE] if it is empty.
    int first() {
        return size == 0 ? NONE : heap[0];
    }

    void add(int rank) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        int at = size++;
        while (at > 0 && heap[(at - 1) >> 1] > rank) {
            heap[at] = heap[(at - 1) >> 1];
            at = (at - 1) >> 1;
        }
        heap[at] = rank;
    }

    int removeFirst() {
        if (size == 0) {
            return NONE;
        }
        int first = heap[0];
        int last = heap[--size];
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
        return first;
    }
}
