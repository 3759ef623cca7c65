package org.millrace.trainer.torch;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.millrace.trainer.RankLost;
import org.millrace.trainer.Rendezvous;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.torch.kernel.Kernels;

/// Ranks that exchange over TCP, by c10d's Gloo. A rank that is gone is noticed when its connection
/// breaks, one that is silent after [Rendezvous#patience]; either way this rank throws [RankLost].
///
/// - **Source:** Li et al. 2020, PyTorch Distributed, arXiv:2006.15704.
public final class GlooRanks implements Ranks {

    private static final long LOOK_UP_MILLIS = 500;

    private final Rendezvous place;
    private final TCPStore store;
    private final ProcessGroupGloo group;
    private int agreements;

    private GlooRanks(Rendezvous place, TCPStore store, ProcessGroupGloo group) {
        this.place = place;
        this.store = store;
        this.group = group;
    }

    /// Returns when all are there.
    ///
    /// @throws RankLost if they are not in time
    /// @throws InterruptedException while the name of rank 0 is looked up
    public static GlooRanks join(Rendezvous place) throws InterruptedException {
        InetAddress first = address(place);
        try {
            TCPStoreOptions options = new TCPStoreOptions();
            options.isServer(place.rank() == 0)
                    .port((short) place.port())
                    .numWorkers(new SizeTPointer(1).put(place.world()))
                    .waitWorkers(true)
                    .timeout(new Milliseconds(place.joining().toMillis()));
            TCPStore store = new TCPStore(first.getHostAddress(), options);
            long joined = store.add("joined", 1);
            if (joined > place.world()) {
                throw new RankLost(
                        "rendezvous %s:%d: expected %d ranks, got one more: those of an attempt that ends are still there"
                                .formatted(place.host(), place.port(), place.world()));
            }
            store.setTimeout(new Milliseconds(place.patience().toMillis()));
            ProcessGroupGloo.Options gloo = ProcessGroupGloo.Options.create(
                    new Milliseconds(place.patience().toMillis()));
            gloo.devices()
                    .push_back(
                            ProcessGroupGloo.createDeviceForHostname(own(first).getHostAddress()));
            return new GlooRanks(place, store, new ProcessGroupGloo(store, place.rank(), place.world(), gloo));
        } catch (RankLost e) {
            throw e;
        } catch (IOException | RuntimeException e) { // JavaCPP knows no other
            throw new RankLost(
                    "rendezvous %s:%d: expected %d ranks within %d s, this one (rank %d) did not get there: %s"
                            .formatted(
                                    place.host(),
                                    place.port(),
                                    place.world(),
                                    place.joining().toSeconds(),
                                    place.rank(),
                                    firstLine(e)),
                    e);
        }
    }

    @Override
    public int rank() {
        return place.rank();
    }

    @Override
    public int world() {
        return place.world();
    }

    @Override
    public double[] sum(double... numbers) {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = AbstractTensor.create(numbers, numbers.length);
            await(startSum(tensor));
            return values(tensor, numbers.length);
        }
    }

    /// Begins to sum a tensor in place. It must not be touched until [#await].
    Work startSum(Tensor tensor) {
        return together(() -> group.allreduce(new TensorVector(tensor)));
    }

    void await(Work work) {
        together(work::_wait);
    }

    @Override
    public void shareFirst(TrainingState state) {
        try (PointerScope scope = new PointerScope()) {
            for (Tensor tensor : state.tensors().values()) {
                await(together(() -> group.broadcast(new TensorVector(tensor.detach()))));
            }
            for (Map.Entry<String, double[]> numbers : state.numbers().entrySet()) {
                int count = numbers.getValue().length;
                Tensor tensor = AbstractTensor.create(numbers.getValue(), count);
                await(together(() -> group.broadcast(new TensorVector(tensor))));
                state.put(numbers.getKey(), values(tensor, count));
            }
        }
    }

    /// Threads, instruction set and the lanes of kernels are among the facts: with others the same
    /// sums could differ in their last bit, and the weights of the ranks would part.
    @Override
    public void agree(SortedMap<String, String> facts) throws TrainingFailed {
        SortedMap<String, String> own = new TreeMap<>(facts);
        own.put("threads", Integer.toString(torch.get_num_threads()));
        own.put("processor", torch.get_cpu_capability().getString().toLowerCase(Locale.ROOT));
        own.put("kernels", Integer.toString(Kernels.lanes()));
        String round = "facts/" + agreements++ + "/";
        List<String> all = together(() -> {
            store.set(round + place.rank(), String.join("\n", lines(own)));
            List<String> told = new ArrayList<>();
            for (int rank = 0; rank < place.world(); rank++) {
                told.add(store.get_to_str(round + rank));
            }
            return told;
        });
        List<String> first = all.getFirst().lines().toList();
        for (int rank = 1; rank < place.world(); rank++) {
            List<String> other = all.get(rank).lines().toList();
            for (int i = 0; i < Math.max(first.size(), other.size()); i++) {
                String expected = i < first.size() ? first.get(i) : "nothing more";
                String got = i < other.size() ? other.get(i) : "nothing more";
                if (!expected.equals(got)) {
                    throw new TrainingFailed(
                            "rank %d: expected %s as rank 0 has it, got %s".formatted(rank, expected, got));
                }
            }
        }
    }

    private static List<String> lines(SortedMap<String, String> facts) {
        return facts.entrySet().stream()
                .map(fact -> fact.getKey() + " " + fact.getValue())
                .toList();
    }

    @Override
    public Gradients gradients(Decoder decoder, int atOnce) {
        return new SummedGradients(decoder, atOnce, this);
    }

    @Override
    public void close() {
        group.close();
        store.close();
    }

    private <T> T together(Supplier<T> exchange) {
        try {
            return exchange.get();
        } catch (RuntimeException e) { // JavaCPP knows no other
            if (e.getClass() != RuntimeException.class) {
                throw e; // a mistake of ours
            }
            throw new RankLost(
                    "rank %d of %d: another rank is gone, or silent for %d s: %s"
                            .formatted(
                                    place.rank(),
                                    place.world(),
                                    place.patience().toSeconds(),
                                    firstLine(e)),
                    e);
        }
    }

    private static String firstLine(Exception e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        int where = message.indexOf("] "); // of the library's source
        return message.startsWith("[/") && where > 0 ? message.substring(where + 2) : message;
    }

    private static double[] values(Tensor tensor, int count) {
        double[] values = new double[count];
        tensor.data_ptr_double().get(values);
        return values;
    }

    /// The name of a pod is there a little later than the pod.
    private static InetAddress address(Rendezvous place) throws InterruptedException {
        long start = System.nanoTime();
        while (true) {
            try {
                return InetAddress.getByName(place.host());
            } catch (UnknownHostException e) {
                if (System.nanoTime() - start > place.joining().toNanos()) {
                    throw new RankLost(
                            "rendezvous: expected the name of a host, got \"%s\", which nobody knows"
                                    .formatted(place.host()),
                            e);
                }
                Thread.sleep(LOOK_UP_MILLIS);
            }
        }
    }

    /// The address of this machine on the route to rank 0: no packet is sent.
    private static InetAddress own(InetAddress first) throws IOException {
        try (DatagramSocket route = new DatagramSocket()) {
            route.connect(new InetSocketAddress(first, 9));
            return route.getLocalAddress();
        }
    }
}
