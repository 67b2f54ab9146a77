// Kafka's own record classes, asked about files. `read DIR`: one JSON line for each batch of each segment;
// `write FILE`: batches of every codec and kind, and the same lines about them.
// Its rule: it prints what Kafka's classes say, and computes nothing.

import java.io.File;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;

public class LogFiles {
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        if (args[0].equals("write"))
            write(new File(args[1]));
        else
            read(new File(args[1]));
        OUT.flush();
    }

    static void read(File directory) throws Exception {
        File[] files = directory.listFiles((dir, name) -> name.endsWith(".log"));
        Arrays.sort(files);
        for (File file : files) {
            try (FileRecords records = FileRecords.open(file, false)) {
                int position = 0;
                for (RecordBatch batch : records.batches()) {
                    print(file.getName(), position, batch);
                    position += batch.sizeInBytes();
                }
                OUT.println("{\"file\":\"" + file.getName() + "\",\"end\":" + position + "}");
            }
        }
    }

    static void print(String file, int position, RecordBatch batch) {
        batch.ensureValid();
        List<String> records = new ArrayList<>();
        for (Record record : batch) {
            record.ensureValid();
            List<String> headers = new ArrayList<>();
            for (Header header : record.headers())
                headers.add("[" + hex(header.key().getBytes(StandardCharsets.UTF_8)) + "," + hex(header.value()) + "]");
            String control = batch.isControlBatch() ? "\"" + ControlRecordType.parse(record.key()) + "\"" : "null";
            records.add("[" + record.offset() + "," + record.timestamp() + "," + hex(record.key()) + ","
                + hex(record.value()) + "," + record.sequence() + ",[" + String.join(",", headers) + "]," + control + "]");
        }
        OUT.println("{\"file\":\"" + file + "\",\"position\":" + position + ",\"size\":" + batch.sizeInBytes()
            + ",\"base_offset\":" + batch.baseOffset() + ",\"last_offset\":" + batch.lastOffset()
            + ",\"epoch\":" + batch.partitionLeaderEpoch() + ",\"magic\":" + batch.magic()
            + ",\"crc\":" + batch.checksum() + ",\"codec\":\"" + batch.compressionType().name + "\""
            + ",\"max_timestamp\":" + batch.maxTimestamp() + ",\"timestamp_type\":\"" + batch.timestampType() + "\""
            + ",\"producer_id\":" + batch.producerId() + ",\"producer_epoch\":" + batch.producerEpoch()
            + ",\"base_sequence\":" + batch.baseSequence() + ",\"last_sequence\":" + batch.lastSequence()
            + ",\"count\":" + batch.countOrNull() + ",\"transactional\":" + batch.isTransactional()
            + ",\"control\":" + batch.isControlBatch() + ",\"records\":[" + String.join(",", records) + "]}");
    }

    static String hex(ByteBuffer data) {
        return data == null ? "null" : hex(Utils.toArray(data));
    }

    static String hex(byte[] data) {
        return data == null ? "null" : "\"" + HexFormat.of().formatHex(data) + "\"";
    }

    static void write(File file) throws Exception {
        List<MemoryRecords> all = new ArrayList<>();
        long offset = 0;
        for (CompressionType codec : CompressionType.values()) {
            for (TimestampType type : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                for (boolean transactional : new boolean[] {false, true}) {
                    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024),
                        RecordBatch.MAGIC_VALUE_V2, Compression.of(codec).build(), type, offset, 1700000000123L,
                        transactional ? 4242L : -1L, transactional ? (short) 7 : (short) -1,
                        transactional ? (int) offset : -1, transactional, 11);
                    builder.append(1700000000000L, null, "value".getBytes());
                    builder.append(1700000000900L, "key".getBytes(), null);
                    builder.append(1699999999000L, new byte[0], new byte[0]);
                    builder.append(1700000000001L, "k".getBytes(), new byte[20000], new Header[] {
                        new RecordHeader("one", new byte[] {1, 2}), new RecordHeader("null", null),
                        new RecordHeader("émpty", new byte[0]), new RecordHeader("one", new byte[300])});
                    all.add(builder.build());
                    offset += 4;
                }
            }
        }
        for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT))
            all.add(MemoryRecords.withEndTransactionMarker(offset++, 1700000001000L, 12, 4242L, (short) 7,
                new EndTransactionMarker(type, 3)));
        int position = 0;
        try (FileChannel channel = new FileOutputStream(file).getChannel()) {
            for (MemoryRecords records : all) {
                records.writeFullyTo(channel);
                for (RecordBatch batch : records.batches()) {
                    print(file.getName(), position, batch);
                    position += batch.sizeInBytes();
                }
            }
        }
        OUT.println("{\"file\":\"" + file.getName() + "\",\"end\":" + position + "}");
    }
}
