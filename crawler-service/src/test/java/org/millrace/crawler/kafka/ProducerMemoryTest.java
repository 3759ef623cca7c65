package org.millrace.crawler.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class ProducerMemoryTest {

    private static final long HEAP = 160L << 20;

    private final ProducerConfig config = config();

    private static ProducerConfig config() {
        Map<String, Object> settings = new HashMap<>(CrawlerRunner.producerSettings("crawler-0"));
        settings.put("bootstrap.servers", "localhost:9092");
        settings.put("key.serializer", StringSerializer.class);
        settings.put("value.serializer", ByteArraySerializer.class);
        return new ProducerConfig(settings);
    }

    @Test
    void recordsThatWaitLeaveMostOfTheHeap() {
        assertThat(config.getLong(ProducerConfig.BUFFER_MEMORY_CONFIG)).isLessThanOrEqualTo(HEAP / 5);
    }

    @Test
    void theLargestRecordFitsTwice() {
        int largest = config.getInt(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);

        assertThat(config.getLong(ProducerConfig.BUFFER_MEMORY_CONFIG)).isGreaterThanOrEqualTo(2L * largest);
        assertThat(largest).isGreaterThan(2 * Records.MAX_INLINE_BYTES); // with URL, headers and names
    }

    @Test
    void itStillWritesTransactionsThatAreCompressed() {
        assertThat(config.getString(ProducerConfig.TRANSACTIONAL_ID_CONFIG)).isEqualTo("crawler-0");
        assertThat(config.getString(ProducerConfig.COMPRESSION_TYPE_CONFIG)).isEqualTo("zstd");
    }
}
