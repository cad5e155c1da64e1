package io.trueup.state;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * Bounds the memory that all stores of the process together use outside of the Java heap, however many replicas and partitions
 * it hosts: by default each store would use up to 100 MB of its own. {@code streams.rocksdb.config.setter} replaces it.
 */
public final class StoreMemory implements RocksDBConfigSetter {

    private static final long BYTES = 256L << 20;
    private static final long WRITE_BUFFER_BYTES = BYTES / 2;
    private static final double INDEX_SHARE = 0.2;

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(Shared.CACHE);
        table.setCacheIndexAndFilterBlocks(true);
        table.setCacheIndexAndFilterBlocksWithHighPriority(true);
        table.setPinTopLevelIndexAndFilter(true);
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(Shared.WRITE_BUFFERS);
    }

    @Override
    public void close(String storeName, Options options) {
        // the shared objects live as long as the process
    }

    /** Created on first use, when RocksDB's native library can be loaded. */
    private static final class Shared {

        static {
            RocksDB.loadLibrary();
        }

        static final Cache CACHE = new LRUCache(BYTES, -1, false, INDEX_SHARE);
        static final WriteBufferManager WRITE_BUFFERS = new WriteBufferManager(WRITE_BUFFER_BYTES, CACHE);
    }
}
