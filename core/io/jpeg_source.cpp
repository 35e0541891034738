#include <cstdio>
// jpeglib.h uses FILE and size_t without including their headers.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <vector>

#include "core/io/sources.h"
#include "core/io/whole_source.h"

namespace cyto::io {

namespace {

constexpr int kMaxScans = 500;  // progressive files have ten or so; thousands are an attack on time

struct JpegDecoder {
  jpeg_decompress_struct state{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf onError{};
  char message[JMSG_LENGTH_MAX] = "";
  bool damaged = false;
};

JpegDecoder& decoderOf(j_common_ptr state) { return *static_cast<JpegDecoder*>(state->client_data); }

void leave(j_common_ptr state) {
  JpegDecoder& decoder = decoderOf(state);
  state->err->format_message(state, decoder.message);
  std::longjmp(decoder.onError, 1);
}

// libjpeg carries on after these with invented pixels; we rather say so.
void watchWarnings(j_common_ptr state, int level) {
  if (level >= 0) return;
  const int code = state->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE) {
    JpegDecoder& decoder = decoderOf(state);
    if (!decoder.damaged) state->err->format_message(state, decoder.message);
    decoder.damaged = true;
  }
}

void limitScans(j_common_ptr state) {
  if (reinterpret_cast<j_decompress_ptr>(state)->input_scan_number > kMaxScans) ERREXIT(state, JERR_BAD_PROGRESSION);
}

// Nothing with a destructor may live in the functions below: libjpeg leaves them with longjmp.

bool readHeader(JpegDecoder& decoder, const unsigned char* data, size_t size) {
  decoder.state.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = leave;
  decoder.errors.emit_message = watchWarnings;
  decoder.state.client_data = &decoder;
  if (setjmp(decoder.onError)) return false;
  jpeg_create_decompress(&decoder.state);
  decoder.state.client_data = &decoder;  // creation clears the state
  decoder.progress.progress_monitor = limitScans;
  decoder.state.progress = &decoder.progress;
  jpeg_mem_src(&decoder.state, data, static_cast<unsigned long>(size));
  jpeg_read_header(&decoder.state, TRUE);
  return true;
}

bool readRows(JpegDecoder& decoder, JSAMPARRAY rows) {
  if (setjmp(decoder.onError)) return false;
  jpeg_start_decompress(&decoder.state);
  while (decoder.state.output_scanline < decoder.state.output_height) {
    const JDIMENSION left = decoder.state.output_height - decoder.state.output_scanline;
    jpeg_read_scanlines(&decoder.state, rows + decoder.state.output_scanline, left);
    if (decoder.damaged) return false;
  }
  return true;
}

class JpegReader {
 public:
  ~JpegReader() { jpeg_destroy_decompress(&decoder_.state); }

  Status open(const FileBytes& file) {
    bytes_.resize(static_cast<size_t>(file.size_bytes()));
    CYTO_TRY(file.readAt(0, std::as_writable_bytes(std::span(bytes_))));
    return openHeader(file);
  }

  const jpeg_decompress_struct& state() const { return decoder_.state; }

  Status rows(const FileBytes& file, JSAMPARRAY rows) {
    if (!readRows(decoder_, rows)) return failure(file);
    return {};
  }

 private:
  Status openHeader(const FileBytes& file) {
    if (!readHeader(decoder_, bytes_.data(), bytes_.size())) return failure(file);
    return {};
  }

  Error failure(const FileBytes& file) const {
    return cannotOpen(file.path(), std::string("the JPEG file is truncated or damaged (") + decoder_.message +
                                       "); copy or export it again");
  }

  std::vector<unsigned char> bytes_;
  JpegDecoder decoder_;
};

class JpegSource : public WholeSource {
 public:
  JpegSource(FileBytes file, ImageInfo info) : WholeSource(std::move(file), std::move(info)) {}

 protected:
  Result<Array> decode() const override {
    JpegReader reader;
    CYTO_TRY(reader.open(file_));
    const auto samples = static_cast<size_t>(info_.channels);
    const auto width = static_cast<size_t>(info_.shape.x);
    std::vector<JSAMPLE> interleaved(width * samples * static_cast<size_t>(info_.shape.y));
    std::vector<JSAMPROW> rows(static_cast<size_t>(info_.shape.y));
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = interleaved.data() + y * width * samples;
    CYTO_TRY(reader.rows(file_, rows.data()));
    if (samples == 4 && reader.state().saw_Adobe_marker) {  // Adobe stores the amounts of ink inverted
      for (JSAMPLE& sample : interleaved) sample = static_cast<JSAMPLE>(255 - sample);
    }
    CYTO_ASSIGN(Array planes, createPixels(Dtype::kUint8, info_.shape, info_.channels));
    for (size_t c = 0; c < samples; ++c) {
      const auto plane = planes.plane<uint8_t>(static_cast<int64_t>(c), 0, 0);
      for (size_t i = 0; i < plane.size(); ++i) plane[i] = interleaved[i * samples + c];
    }
    return planes;
  }
};

}  // namespace

OpenedSource openJpeg(FileBytes file) {
  JpegReader reader;
  CYTO_TRY(reader.open(file));
  const jpeg_decompress_struct& state = reader.state();
  if (state.data_precision != 8) {
    return cannotOpen(file.path(), "it is a JPEG with " + std::to_string(state.data_precision) +
                                       " bits a sample; export it as TIFF or PNG");
  }
  // An all-equal block costs at least two bits; far more pixels than that are a bomb or damage.
  if (static_cast<double>(state.image_width) * state.image_height > static_cast<double>(file.size_bytes()) * 1200) {
    return cannotOpen(file.path(), "the JPEG header announces more pixels than the file can hold; it is damaged");
  }
  ImageInfo info;
  info.format = "JPEG";
  info.fileDtype = "uint8";
  info.shape = {1, 1, state.image_height, state.image_width};
  info.channels = state.num_components;
  if (info.channels != 1 && info.channels != 3 && info.channels != 4) {
    return cannotOpen(file.path(),
                      "it is a JPEG with " + std::to_string(info.channels) + " colour samples; export it as PNG");
  }
  info.isRgb = info.channels == 3;
  if (info.channels == 4) info.channelNames = {"cyan", "magenta", "yellow", "black"};
  info.fileAxes = info.channels > 1 ? "YXS" : "YX";
  info.fileShape = {info.shape.y, info.shape.x};
  if (info.channels > 1) info.fileShape.push_back(info.channels);
  info.levels = {info.shape};
  return std::unique_ptr<ImageSource>(std::make_unique<JpegSource>(std::move(file), std::move(info)));
}

}  // namespace cyto::io
