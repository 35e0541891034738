#include "core/io/tiff/ome_xml.h"

#include <cmath>
#include <cstring>
#include <pugixml.hpp>

#include "core/io/file_bytes.h"
#include "core/io/units.h"

namespace cyto::io {

namespace {

constexpr int64_t kMaxPlanes = 2'000'000;

// Element names with any namespace prefix taken off.
std::string_view localName(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

template <typename Visitor>
void forEachChild(const pugi::xml_node& parent, std::string_view name, Visitor&& visit) {
  for (const pugi::xml_node& child : parent.children()) {
    if (localName(child) == name) visit(child);
  }
}

pugi::xml_node firstChild(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node& child : parent.children()) {
    if (localName(child) == name) return child;
  }
  return {};
}

double positive(const pugi::xml_attribute& attribute) {
  const double value = attribute.as_double(0);
  return std::isfinite(value) && value > 0 ? value : 0;
}

PixelScale scaleOf(const pugi::xml_node& pixels) {
  PixelScale scale;
  scale.x = positive(pixels.attribute("PhysicalSizeX"));
  scale.y = positive(pixels.attribute("PhysicalSizeY"));
  scale.z = positive(pixels.attribute("PhysicalSizeZ"));
  scale.t = positive(pixels.attribute("TimeIncrement"));
  if (scale.x > 0 || scale.y > 0 || scale.z > 0) {
    const auto unit = pixels.attribute(scale.x > 0   ? "PhysicalSizeXUnit"
                                       : scale.y > 0 ? "PhysicalSizeYUnit"
                                                     : "PhysicalSizeZUnit");
    scale.spaceUnit = unitName(unit.as_string("µm"));
    if (scale.spaceUnit.empty()) scale.x = scale.y = scale.z = 0;
  }
  if (scale.t > 0) scale.timeUnit = unitName(pixels.attribute("TimeIncrementUnit").as_string("s"));
  return scale;
}

OmeTiffData tiffDataOf(const pugi::xml_node& node) {
  OmeTiffData data;
  data.firstC = node.attribute("FirstC").as_llong(0);
  data.firstZ = node.attribute("FirstZ").as_llong(0);
  data.firstT = node.attribute("FirstT").as_llong(0);
  data.ifd = node.attribute("IFD").as_llong(0);
  const auto count = node.attribute("PlaneCount");
  data.planes = count ? count.as_llong(-1) : node.attribute("IFD") ? 1 : -1;
  if (const pugi::xml_node uuid = firstChild(node, "UUID")) {
    data.fileName = std::filesystem::path(uuid.attribute("FileName").as_string()).filename().string();
    data.uuid = uuid.text().as_string();
  }
  return data;
}

OmeImage imageOf(const pugi::xml_node& node, const pugi::xml_node& pixels) {
  OmeImage image;
  image.name = node.attribute("Name").as_string();
  image.order = pixels.attribute("DimensionOrder").as_string("XYCZT");
  image.sizeC = pixels.attribute("SizeC").as_llong(1);
  image.sizeZ = pixels.attribute("SizeZ").as_llong(1);
  image.sizeT = pixels.attribute("SizeT").as_llong(1);
  image.scale = scaleOf(pixels);
  forEachChild(pixels, "Channel", [&](const pugi::xml_node& channel) {
    image.samplesPerChannel = std::max<int64_t>(1, channel.attribute("SamplesPerPixel").as_llong(1));
    image.channelNames.emplace_back(channel.attribute("Name").as_string());
  });
  bool hasNames = false;
  for (const std::string& name : image.channelNames) hasNames |= !name.empty();
  if (!hasNames) image.channelNames.clear();
  forEachChild(pixels, "TiffData", [&](const pugi::xml_node& data) { image.data.push_back(tiffDataOf(data)); });
  return image;
}

bool isSane(const OmeImage& image) {
  const auto inRange = [](int64_t size) { return size >= 1 && size <= kMaxPlanes; };
  if (!inRange(image.sizeC) || !inRange(image.sizeZ) || !inRange(image.sizeT) ||
      image.sizeC % image.samplesPerChannel != 0) {
    return false;
  }
  if (image.sizeC * image.sizeZ > kMaxPlanes || image.sizeC * image.sizeZ * image.sizeT > kMaxPlanes) return false;
  const std::string& order = image.order;
  return order.size() == 5 && order.find('C') != order.npos && order.find('Z') != order.npos &&
         order.find('T') != order.npos;
}

}  // namespace

Result<OmeXml> parseOmeXml(const std::filesystem::path& path, const std::string& xml) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node root = firstChild(document, "OME");
  if (!root) {
    return cannotOpen(path,
                      std::string("its OME-XML metadata is damaged (") + parsed.description() + "); export it again");
  }
  OmeXml ome;
  ome.uuid = root.attribute("UUID").as_string();
  if (const pugi::xml_node binaryOnly = firstChild(root, "BinaryOnly")) {
    ome.metadataFile = std::filesystem::path(binaryOnly.attribute("MetadataFile").as_string()).filename().string();
  }
  forEachChild(root, "Image", [&](const pugi::xml_node& node) {
    if (const pugi::xml_node pixels = firstChild(node, "Pixels")) ome.images.push_back(imageOf(node, pixels));
  });
  for (const OmeImage& image : ome.images) {
    if (!isSane(image)) return cannotOpen(path, "its OME-XML metadata states impossible sizes; export it again");
  }
  return ome;
}

}  // namespace cyto::io
