package org.millrace.cleaner.duplicate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The entries of the index as bytes. Texts have numbers, from 0 in the order of their arrival.
///
/// ```text
///   i id/2 → number       b band → number       q host+paragraph → Sharing, and with a number behind it →
///   d number → Text       p number → parent     f id/2 → numbers of its claimants
///   w number → Winner     c root → Cluster      k id/2 → Standing     r id/2 → URL
///   m name → position, name of the log, count of texts
/// ```
///
/// `id/2` is the first half of an id: 16 bytes tell any number of texts apart.
final class Entries {

    private static final byte[] POSITION = name("position");
    private static final byte[] LOG = name("log");
    private static final byte[] SIZE = name("size");
    private static final byte[] NOTHING = new byte[0];

    private final Overlay overlay;

    /// A text, and the page that stands for it.
    record Text(String id, int characters, Change.Page page) {

        boolean isBetterThan(Text other) {
            return characters != other.characters ? characters > other.characters : id.compareTo(other.id) < 0;
        }
    }

    /// What is known of the text that stands for its cluster.
    ///
    /// @param claim id of the text as it is to be published; empty if too little is left of it
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Winner(String claim, long[] paragraphs) {}

    /// @param winner number of the text that stands for it
    /// @param size texts in it
    record Cluster(int winner, int size) {}

    /// The page under which an id is published.
    record Standing(int number, long position) {}

    Entries(Overlay overlay) {
        this.overlay = overlay;
    }

    /// Reads at once what the arrival of a new text will ask for.
    void expect(String id, long[] bands, long[] paragraphsOfHost) {
        byte[] half = half(id);
        List<byte[]> keys = new ArrayList<>(List.of(key('f', half), key('k', half), key('r', half)));
        for (long band : bands) {
            keys.add(key('b', bytes(band)));
        }
        for (long paragraph : paragraphsOfHost) {
            keys.add(key('q', bytes(paragraph)));
        }
        overlay.expect(keys);
    }

    OptionalInt number(String id) {
        return number(overlay.get(key('i', half(id))));
    }

    int add(Text text) {
        int number = size();
        overlay.put(key('i', half(text.id)), bytes(number));
        put(number, text);
        overlay.put(SIZE, bytes(number + 1));
        return number;
    }

    /// Number of texts.
    int size() {
        return number(overlay.get(SIZE)).orElse(0);
    }

    void put(int number, Text text) {
        byte[] url = text.page.url().getBytes(StandardCharsets.UTF_8);
        ByteBuffer value = ByteBuffer.allocate(32 + 4 + 8 + url.length);
        value.put(HexFormat.of().parseHex(text.id)).putInt(text.characters).putLong(text.page.position());
        overlay.put(key('d', bytes(number)), value.put(url).array());
    }

    Text text(int number) {
        ByteBuffer value = present(overlay.get(key('d', bytes(number))), "text", number);
        String id = id(value);
        int characters = value.getInt();
        long position = value.getLong();
        String url = StandardCharsets.UTF_8.decode(value).toString();
        return new Text(id, characters, new Change.Page(position, url));
    }

    OptionalInt band(long band) {
        return number(overlay.get(key('b', bytes(band))));
    }

    void putBand(long band, int number) {
        overlay.put(key('b', bytes(band)), bytes(number));
    }

    OptionalInt parent(int number) {
        return number(overlay.get(key('p', bytes(number))));
    }

    void putParent(int number, int parent) {
        overlay.put(key('p', bytes(number)), bytes(parent));
    }

    /// A text alone is a cluster that needs no entry.
    Cluster cluster(int root) {
        byte[] value = overlay.get(key('c', bytes(root)));
        if (value == null) {
            return new Cluster(root, 1);
        }
        ByteBuffer buffer = ByteBuffer.wrap(value);
        return new Cluster(buffer.getInt(), buffer.getInt());
    }

    void put(int root, Cluster cluster) {
        overlay.put(
                key('c', bytes(root)),
                ByteBuffer.allocate(8)
                        .putInt(cluster.winner)
                        .putInt(cluster.size)
                        .array());
    }

    void removeCluster(int root) {
        overlay.remove(key('c', bytes(root)));
    }

    Optional<Winner> winner(int number) {
        byte[] value = overlay.get(key('w', bytes(number)));
        if (value == null) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(value);
        String claim = buffer.get() == 0 ? "" : id(buffer);
        long[] paragraphs = new long[buffer.remaining() / Long.BYTES];
        buffer.asLongBuffer().get(paragraphs);
        return Optional.of(new Winner(claim, paragraphs));
    }

    /// Remembers the winner, and that it claims its id.
    void put(int number, Winner winner) {
        ByteBuffer value = ByteBuffer.allocate(1 + 32 + winner.paragraphs.length * Long.BYTES);
        if (winner.claim.isEmpty()) {
            value.put((byte) 0);
        } else {
            value.put((byte) 1).put(HexFormat.of().parseHex(winner.claim));
            List<Integer> claimants = claimants(winner.claim);
            if (!claimants.contains(number)) {
                claimants.add(number);
                overlay.put(key('f', half(winner.claim)), bytes(claimants));
            }
        }
        Arrays.stream(winner.paragraphs).forEach(value::putLong);
        overlay.put(key('w', bytes(number)), Arrays.copyOf(value.array(), value.position()));
    }

    void removeWinner(int number, Winner winner) {
        if (!winner.claim.isEmpty()) {
            List<Integer> claimants = claimants(winner.claim);
            claimants.remove(Integer.valueOf(number));
            putOrRemove(key('f', half(winner.claim)), claimants);
        }
        overlay.remove(key('w', bytes(number)));
    }

    List<Integer> claimants(String id) {
        return numbers(overlay.get(key('f', half(id))));
    }

    Optional<Standing> standing(String id) {
        byte[] value = overlay.get(key('k', half(id)));
        if (value == null) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(value);
        return Optional.of(new Standing(buffer.getInt(), buffer.getLong()));
    }

    void put(String id, Standing standing) {
        overlay.put(
                key('k', half(id)),
                ByteBuffer.allocate(12)
                        .putInt(standing.number)
                        .putLong(standing.position)
                        .array());
    }

    void removeStanding(String id) {
        overlay.remove(key('k', half(id)));
    }

    /// Address under which a text stood when it was taken back; empty if it stands, or never did. An index of an
    /// earlier version may hold an empty address: which it was is not known any more.
    Optional<String> takenBack(String id) {
        return Optional.ofNullable(overlay.get(key('r', half(id)))).map(url -> new String(url, StandardCharsets.UTF_8));
    }

    void takeBack(String id, String url) {
        overlay.put(key('r', half(id)), url.getBytes(StandardCharsets.UTF_8));
    }

    void restore(String id) {
        overlay.remove(key('r', half(id)));
    }

    /// Who holds a paragraph of a host. Most paragraphs are held by one text, and some by a million.
    sealed interface Sharing {

        /// @param numbers of all holders
        record Few(List<Integer> numbers) implements Sharing {}

        /// @param count of the holders, which have an entry each
        record Many(int count) implements Sharing {}
    }

    Sharing sharing(long paragraphOfHost) {
        List<Integer> numbers = numbers(overlay.get(key('q', bytes(paragraphOfHost))));
        return numbers.isEmpty() || numbers.getFirst() >= 0
                ? new Sharing.Few(numbers)
                : new Sharing.Many(-numbers.getFirst());
    }

    void put(long paragraphOfHost, Sharing sharing) {
        byte[] key = key('q', bytes(paragraphOfHost));
        switch (sharing) {
            case Sharing.Few(var numbers) -> putOrRemove(key, numbers);
            case Sharing.Many(int count) -> overlay.put(key, bytes(-count));
        }
    }

    /// Numbers of those with an entry each.
    List<Integer> holders(long paragraphOfHost) {
        byte[] prefix = key('q', bytes(paragraphOfHost));
        List<Integer> numbers = new ArrayList<>();
        for (byte[] key : overlay.keys(prefix, Integer.MAX_VALUE / 2)) {
            if (key.length > prefix.length) {
                numbers.add(ByteBuffer.wrap(key).getInt(prefix.length));
            }
        }
        return numbers;
    }

    void addHolder(long paragraphOfHost, int number) {
        overlay.put(key('q', bytes(paragraphOfHost), bytes(number)), NOTHING);
    }

    void removeHolder(long paragraphOfHost, int number) {
        overlay.remove(key('q', bytes(paragraphOfHost), bytes(number)));
    }

    /// Every proposal below it is in the index, and no other.
    long position() {
        byte[] value = overlay.get(POSITION);
        return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    }

    void putPosition(long position) {
        overlay.put(POSITION, bytes(position));
    }

    /// Name of the sequence of proposals that the index is about; empty if it is about none yet.
    String log() {
        byte[] value = overlay.get(LOG);
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    void putLog(String log) {
        overlay.put(LOG, log.getBytes(StandardCharsets.UTF_8));
    }

    private void putOrRemove(byte[] key, List<Integer> numbers) {
        if (numbers.isEmpty()) {
            overlay.remove(key);
        } else {
            overlay.put(key, bytes(numbers));
        }
    }

    /// A list that may be changed.
    private static List<Integer> numbers(byte @Nullable [] value) {
        List<Integer> numbers = new ArrayList<>();
        if (value != null) {
            for (ByteBuffer from = ByteBuffer.wrap(value); from.hasRemaining(); ) {
                numbers.add(from.getInt());
            }
        }
        return numbers;
    }

    private static OptionalInt number(byte @Nullable [] value) {
        return value == null
                ? OptionalInt.empty()
                : OptionalInt.of(ByteBuffer.wrap(value).getInt());
    }

    private static ByteBuffer present(byte @Nullable [] value, String what, int number) {
        if (value == null) {
            throw new IllegalStateException("index: expected a " + what + " of number " + number + ", got none");
        }
        return ByteBuffer.wrap(value);
    }

    private static String id(ByteBuffer from) {
        byte[] id = new byte[32];
        from.get(id);
        return Bytes.hex(id);
    }

    private static byte[] half(String id) {
        return HexFormat.of().parseHex(id, 0, 32);
    }

    private static byte[] name(String name) {
        return key('m', name.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] key(char kind, byte[]... parts) {
        ByteBuffer key = ByteBuffer.allocate(
                1 + Arrays.stream(parts).mapToInt(part -> part.length).sum());
        key.put((byte) kind);
        for (byte[] part : parts) {
            key.put(part);
        }
        return key.array();
    }

    private static byte[] bytes(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    private static byte[] bytes(List<Integer> numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.size() * Integer.BYTES);
        numbers.forEach(bytes::putInt);
        return bytes.array();
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
