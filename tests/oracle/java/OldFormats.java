// Kafka's own record classes, asked about message sets v0 and v1. `write FILE`: sets of every codec and kind, and a JSON
// line about each batch; `read FILE`: such lines about a file; `filter FROM TO N`: what its cleaner
// leaves without each third offset.
// Its rule: it prints what Kafka's classes say, and computes nothing.

import java.io.File;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Utils;

public class OldFormats {
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        if (args[0].equals("write"))
            write(new File(args[1]));
        else if (args[0].equals("filter"))
            filter(new File(args[1]), new File(args[2]), Integer.parseInt(args[3]));
        else
            read(new File(args[1]));
        OUT.flush();
    }

    static void read(File file) throws Exception {
        try (FileRecords records = FileRecords.open(file, false)) {
            int position = 0;
            for (RecordBatch batch : records.batches()) {
                print(position, batch);
                position += batch.sizeInBytes();
            }
            OUT.println("{\"end\":" + position + "}");
        }
    }

    static void print(int position, RecordBatch batch) {
        batch.ensureValid();
        List<String> records = new ArrayList<>();
        for (Record record : batch) {
            record.ensureValid();
            records.add("[" + record.offset() + "," + record.timestamp() + "," + hex(record.key()) + ","
                + hex(record.value()) + "]");
        }
        OUT.println("{\"position\":" + position + ",\"size\":" + batch.sizeInBytes()
            + ",\"base_offset\":" + batch.baseOffset() + ",\"last_offset\":" + batch.lastOffset()
            + ",\"epoch\":" + batch.partitionLeaderEpoch() + ",\"magic\":" + batch.magic()
            + ",\"crc\":" + batch.checksum() + ",\"codec\":\"" + batch.compressionType().name + "\""
            + ",\"max_timestamp\":" + batch.maxTimestamp() + ",\"timestamp_type\":\"" + batch.timestampType() + "\""
            + ",\"horizon\":" + (batch.deleteHorizonMs().isPresent() ? batch.deleteHorizonMs().getAsLong() : null)
            + ",\"records\":[" + String.join(",", records) + "]}");
    }

    static String hex(ByteBuffer data) {
        return data == null ? "null" : "\"" + HexFormat.of().formatHex(Utils.toArray(data)) + "\"";
    }

    static void write(File file) throws Exception {
        long offset = 0;
        try (FileChannel channel = new FileOutputStream(file).getChannel()) {
            for (byte magic = 0; magic <= 2; magic++) {
                for (CompressionType codec : CompressionType.values()) {
                    if (codec == CompressionType.ZSTD && magic < 2)
                        continue;
                    for (TimestampType type : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), magic,
                            Compression.of(codec).build(), magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : type,
                            offset, 1700000000123L);
                        builder.append(magic == 0 ? -1 : 1700000000000L, null, "value".getBytes());
                        builder.append(magic == 0 ? -1 : 1700000000900L, "key".getBytes(), (byte[]) null);
                        builder.append(magic == 0 ? -1 : 1699999999000L, new byte[0], new byte[0]);
                        builder.append(magic == 0 ? -1 : 1700000000001L, "k".getBytes(), new byte[200000]);
                        builder.build().writeFullyTo(channel);
                        offset += 4;
                    }
                }
            }
        }
        read(file);
    }

    static void filter(File from, File to, int third) throws Exception {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(from.toPath())));
        ByteBuffer output = ByteBuffer.allocate((int) from.length() * 2);
        RecordFilter some = new RecordFilter(1000, 500) {
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.DELETE_EMPTY, false);
            }

            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return record.offset() % 3 != third;
            }
        };
        records.filterTo(some, output, BufferSupplier.NO_CACHING);
        output.flip();
        try (FileChannel channel = new FileOutputStream(to).getChannel()) {
            channel.write(output);
        }
        read(to);
    }
}
