package org.millrace.cleaner.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.duplicate.Store;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A store in a folder of its own.
///
/// Writes go to the write-ahead log without waiting for the disk: a killed process loses none, a
/// machine that loses power may lose the last ones, and then the index is behind and reads them again.
/// What is damaged begins empty, as it is only an index: at once if it cannot be opened, and else when it is
/// opened the next time, because whoever was told of the damage knows no more what lies in it.
///
/// Native memory is bounded to [#MEMORY_BYTES]: one cache holds data, index and filter blocks, and
/// what is not written yet is charged to it too.
public final class RocksStore implements Store {

    /// Cache and unwritten entries together, taken as the index grows: 96 MiB hold the filters of some three
    /// million documents. RocksDB's own structures come on top, about 1 MiB.
    public static final long MEMORY_BYTES = 96L << 20;

    private static final Logger LOGGER = LoggerFactory.getLogger(RocksStore.class);
    /// Half of it is written at a time. The keys are hashes, so whatever is written is merged with all that is
    /// there: with 6 MiB, merging took half of the processor.
    private static final long UNWRITTEN_BYTES = 32L << 20;
    private static final int FILTER_BITS = 10; // a key: one false positive in a hundred
    /// Of what is not written yet: most keys that are asked for are new, and a filter says so sooner than a search.
    private static final double UNWRITTEN_FILTER = 0.02;
    private static final int BLOCK_BYTES = 4 << 10;
    private static final long FILE_BYTES = 32L << 20;
    private static final int ALL_FILES = -1; // stay open: a file that is opened again costs more than a hundred keys

    /// Lies in the folder of a store that was found damaged.
    private static final String DAMAGED = "DAMAGED";

    private final Path folder;
    private final Cache cache = new LRUCache(MEMORY_BYTES, 2);
    private final BloomFilter filter = new BloomFilter(FILTER_BITS);
    private final WriteBufferManager unwritten = new WriteBufferManager(UNWRITTEN_BYTES, cache);
    private final Options options = options();
    private final WriteOptions writing = new WriteOptions();
    private final ReadOptions reading = new ReadOptions();
    private @Nullable RocksDB database;

    static {
        RocksDB.loadLibrary();
    }

    private RocksStore(Path folder) {
        this.folder = folder;
    }

    /// Opens what is in the folder, or begins there.
    ///
    /// @throws UncheckedIOException if the folder cannot be used, or is used by another process
    public static RocksStore open(Path folder) {
        RocksStore store = new RocksStore(folder);
        try {
            store.database = store.opened();
        } catch (UncheckedIOException e) {
            store.close();
            throw e;
        }
        return store;
    }

    private RocksDB opened() {
        try {
            Files.createDirectories(folder);
            if (Files.exists(folder.resolve(DAMAGED))) {
                LOGGER.warn("the index in {} was damaged and is made anew", folder);
                return emptied();
            }
            try {
                return RocksDB.open(options, folder.toString());
            } catch (RocksDBException e) {
                if (!isDamage(e)) {
                    throw e;
                }
                LOGGER.warn("the index in {} is damaged and will be made anew", folder, e);
                return emptied();
            }
        } catch (RocksDBException e) {
            throw failed("opened", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private RocksDB emptied() throws RocksDBException, IOException {
        RocksDB.destroyDB(folder.toString(), options);
        Files.deleteIfExists(folder.resolve(DAMAGED)); // last: who is killed before does all this again
        return RocksDB.open(options, folder.toString());
    }

    private static boolean isDamage(RocksDBException e) {
        return e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption;
    }

    private Options options() {
        return new Options()
                .setCreateIfMissing(true)
                .setParanoidChecks(true)
                .setWriteBufferManager(unwritten)
                .setWriteBufferSize(UNWRITTEN_BYTES / 2)
                .setMaxTotalWalSize(4 * UNWRITTEN_BYTES)
                .setMemtablePrefixBloomSizeRatio(UNWRITTEN_FILTER)
                .setMemtableWholeKeyFiltering(true)
                .setMaxOpenFiles(ALL_FILES)
                .setMaxBackgroundJobs(2)
                .setLevelCompactionDynamicLevelBytes(true)
                .setTargetFileSizeBase(FILE_BYTES)
                .setMaxBytesForLevelBase(256L << 20)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1L << 20)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setBlockSize(BLOCK_BYTES)
                        .setFilterPolicy(filter)
                        .setFormatVersion(5)
                        .setCacheIndexAndFilterBlocks(true));
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        try {
            return database().get(key);
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    @Override
    public List<byte @Nullable []> get(List<byte[]> keys) {
        if (keys.isEmpty()) {
            return List.of(); // RocksDB asserts that there is one
        }
        try {
            return new ArrayList<>(database().multiGetAsList(keys));
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    @Override
    public List<byte[]> keys(byte[] prefix, int limit) {
        List<byte[]> keys = new ArrayList<>();
        try (RocksIterator iterator = database().newIterator(reading)) {
            for (iterator.seek(prefix); iterator.isValid() && keys.size() < limit; iterator.next()) {
                byte[] key = iterator.key();
                if (java.util.Arrays.mismatch(key, prefix) < prefix.length
                        && java.util.Arrays.mismatch(key, prefix) >= 0) {
                    break;
                }
                keys.add(key);
            }
            iterator.status();
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
        return keys;
    }

    @Override
    public void write(SortedMap<byte[], byte[]> put, SortedSet<byte[]> removed) {
        try (WriteBatch batch = new WriteBatch()) {
            for (var entry : put.entrySet()) {
                batch.put(entry.getKey(), entry.getValue());
            }
            for (byte[] key : removed) {
                batch.delete(key);
            }
            database().write(writing, batch);
        } catch (RocksDBException e) {
            throw failed("written", e);
        }
    }

    @Override
    public void clear() {
        database().close();
        database = null;
        try {
            RocksDB.destroyDB(folder.toString(), options);
        } catch (RocksDBException e) {
            throw failed("emptied", e);
        }
        database = opened();
    }

    @Override
    public void close() {
        if (database != null) {
            database.close();
            database = null;
        }
        reading.close();
        writing.close();
        options.close();
        unwritten.close();
        filter.close();
        cache.close();
    }

    private RocksDB database() {
        if (database == null) {
            throw new IllegalStateException("the index in " + folder + " is closed");
        }
        return database;
    }

    private UncheckedIOException failed(String what, RocksDBException cause) {
        if (isDamage(cause)) {
            try {
                Files.writeString(folder.resolve(DAMAGED), String.valueOf(cause.getMessage()));
            } catch (IOException also) {
                cause.addSuppressed(also);
            }
        }
        return new UncheckedIOException(new IOException("the index in " + folder + " cannot be " + what, cause));
    }
}
