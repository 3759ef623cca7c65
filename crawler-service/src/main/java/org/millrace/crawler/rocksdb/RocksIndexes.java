package org.millrace.crawler.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.frontier.Index;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Indexes of several frontiers in one RocksDB: one for each partition that an instance holds.
///
/// Writes are not synced to the disk. A killed process loses none, as the system has them; a machine
/// that loses power loses the latest, in order, and the log has them. What is found damaged is deleted
/// at the next start, and made again from the log.
public final class RocksIndexes implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(RocksIndexes.class);

    /// Cached blocks and tables in memory together: taken as the index grows. An index that outgrows it costs
    /// a decompressed block for nearly each question: with 20 MiB, half the crawler's speed at 300,000 URLs.
    private static final long MEMORY_BYTES = 128L << 20;

    private static final long TABLES_BYTES = 16L << 20;
    private static final int BITS_PER_KEY = 10;
    private static final int OPEN_FILES = 64;

    /// Lies in the folder of an index that was found damaged.
    private static final String DAMAGED = "DAMAGED";

    private final Path folder;
    private final Cache cache;
    private final WriteBufferManager tables;
    private final BloomFilter filter;
    private final Options options;
    private final ReadOptions reads;
    private final WriteOptions writes;
    private final RocksDB database;

    /// Native memory must not be touched after it is freed, by no thread.
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    private boolean closed;

    private RocksIndexes(Path folder) throws RocksDBException {
        this.folder = folder;
        cache = new LRUCache(MEMORY_BYTES);
        tables = new WriteBufferManager(TABLES_BYTES, cache);
        filter = new BloomFilter(BITS_PER_KEY, false);
        options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferManager(tables)
                .setWriteBufferSize(TABLES_BYTES / 2)
                .setMaxTotalWalSize(TABLES_BYTES)
                .setMaxOpenFiles(OPEN_FILES)
                .setMaxBackgroundJobs(2)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setFilterPolicy(filter)
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true));
        reads = new ReadOptions();
        writes = new WriteOptions();
        database = RocksDB.open(options, folder.toString());
    }

    /// Opens what lies in a folder, which one process may have at a time. What cannot be opened for being
    /// damaged is deleted, and begun anew.
    public static RocksIndexes open(Path folder) throws IOException {
        loadLibrary(folder.resolveSibling(folder.getFileName() + "-native"));
        if (Files.exists(folder.resolve(DAMAGED))) {
            LOGGER.warn("the index in {} was damaged and is made again from the log", folder);
            delete(folder);
        }
        Files.createDirectories(folder);
        try {
            return new RocksIndexes(folder);
        } catch (RocksDBException e) {
            if (!isDamage(e)) {
                throw new IOException("the index in %s cannot be opened".formatted(folder), e);
            }
            LOGGER.warn("the index in {} is damaged and is made again from the log", folder, e);
            delete(folder);
            Files.createDirectories(folder);
            try {
                return new RocksIndexes(folder);
            } catch (RocksDBException again) {
                throw new IOException("no index can be made in %s".formatted(folder), again);
            }
        }
    }

    /// The library unpacks its native half to be loaded: here, each time to the same file. In the system's
    /// folder for temporary files, each process that is killed would leave one behind.
    private static void loadLibrary(Path folder) throws IOException {
        Files.createDirectories(folder);
        NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
        RocksDB.loadLibrary();
    }

    /// The index of one partition.
    public Index index(int partition) {
        return new Partition(
                ByteBuffer.allocate(Integer.BYTES).putInt(partition).array());
    }

    @Override
    public void close() {
        Lock lock = open.writeLock();
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                database.close();
                writes.close();
                reads.close();
                options.close();
                filter.close();
                tables.close();
                cache.close();
            }
        } finally {
            lock.unlock();
        }
    }

    private <T extends @Nullable Object> T whileOpen(Action<T> action) {
        Lock lock = open.readLock();
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the index in %s is closed".formatted(folder));
            }
            return action.run();
        } catch (RocksDBException e) {
            throw failed(e);
        } finally {
            lock.unlock();
        }
    }

    private UncheckedIOException failed(RocksDBException e) {
        if (isDamage(e)) {
            try {
                Files.writeString(folder.resolve(DAMAGED), String.valueOf(e.getMessage()));
            } catch (IOException also) {
                e.addSuppressed(also);
            }
        }
        return new UncheckedIOException(new IOException("the index in %s failed".formatted(folder), e));
    }

    private static boolean isDamage(RocksDBException e) {
        Status status = e.getStatus();
        return status != null
                && (status.getCode() == Status.Code.Corruption || status.getCode() == Status.Code.NotFound);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private interface Action<T extends @Nullable Object> {
        T run() throws RocksDBException;
    }

    /// The keys that begin with a partition's number.
    private final class Partition implements Index {

        private final byte[] prefix;

        Partition(byte[] prefix) {
            this.prefix = prefix;
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return whileOpen(() -> database.get(reads, full(key)));
        }

        @Override
        public void walk(byte[] within, byte[] from, Walk walk) {
            byte[] start = full(within);
            whileOpen(() -> {
                try (Slice end = new Slice(after(start));
                        ReadOptions bounded = new ReadOptions().setIterateUpperBound(end);
                        RocksIterator iterator = database.newIterator(bounded)) {
                    iterator.seek(full(from));
                    while (iterator.isValid() && walk.visit(bare(iterator.key()), iterator.value())) {
                        iterator.next();
                    }
                    iterator.status();
                }
                return true;
            });
        }

        @Override
        public void write(Collection<Change> changes) {
            whileOpen(() -> {
                try (WriteBatch batch = new WriteBatch()) {
                    for (Change change : changes) {
                        byte[] value = change.value();
                        if (value == null) {
                            batch.delete(full(change.key()));
                        } else {
                            batch.put(full(change.key()), value);
                        }
                    }
                    database.write(writes, batch);
                }
                return true;
            });
        }

        @Override
        public void clear() {
            whileOpen(() -> {
                database.deleteRange(prefix, after(prefix));
                return true;
            });
        }

        private byte[] full(byte[] key) {
            byte[] full = Arrays.copyOf(prefix, prefix.length + key.length);
            System.arraycopy(key, 0, full, prefix.length, key.length);
            return full;
        }

        private byte[] bare(byte[] key) {
            return Arrays.copyOfRange(key, prefix.length, key.length);
        }
    }

    /// The least key behind all that begin with these bytes, which are not all 0xFF.
    private static byte[] after(byte[] prefix) {
        int last = prefix.length - 1;
        while (prefix[last] == (byte) 0xFF) {
            last--;
        }
        byte[] after = Arrays.copyOf(prefix, last + 1);
        after[last]++;
        return after;
    }
}
